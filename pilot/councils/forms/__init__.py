"""The forms of councils: what may be typed, and every sentence for what may not."""
