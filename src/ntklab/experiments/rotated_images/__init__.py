"""The room rotated_images."""
