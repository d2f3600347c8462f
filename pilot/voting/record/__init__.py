"""The election record: how it is built, packed, read safely and verified without database or server. Pure."""
