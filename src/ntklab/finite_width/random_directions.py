TENSORS = ("F", "B", "P", "Q", "R", "S", "T", "U")


def estimates(*a):
    raise NotImplementedError
