"""What reproduce.py works with: numpy, scipy and nothing of the website. One file for each part of the text
docs/how-each-number-is-worked-out.md, by the names of its sections. It runs on Python 3.9.
"""
