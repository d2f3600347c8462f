"""The demonstration: a made-up programme with a known effect, made from a seed through the real services."""
