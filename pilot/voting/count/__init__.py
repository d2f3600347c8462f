"""One module per counting rule: exact, without chance, explained in a sentence. Pure."""
