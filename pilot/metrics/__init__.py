"""Measures and their comparison: did the pilots change more than the controls, and how sure is that?"""
