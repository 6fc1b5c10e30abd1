"""People's ratings of images: read as they are published, checked, and laid out by image."""
