"""Small sources of every domain, their golden output, and what makes and renews them."""
