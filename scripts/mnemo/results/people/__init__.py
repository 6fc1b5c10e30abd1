"""What people remember of images, and tell apart from photographs: analyses of their answers."""
