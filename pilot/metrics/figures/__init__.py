"""The pictures of an evaluation, drawn in the worker only: SVG whose text stays text, and PNG, always the same."""
