"""Steps that several experiments share: downloads, images, figures, claims, the config's schema."""
