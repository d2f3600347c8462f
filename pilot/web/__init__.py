"""The web shell: pages, forms, refusals as pages, headers and sessions. It knows no domain."""
