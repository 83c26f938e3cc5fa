"""Neural networks of finite width: statistics at order 1/n."""
