"""What rooms build on, what finds them without naming them, and the steps that several of them share."""
