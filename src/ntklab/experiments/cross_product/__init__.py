"""The room cross_product."""
