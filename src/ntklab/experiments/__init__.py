"""One room for every experiment: settings, tables, steps, figures and claims. Rooms know the library, never each other."""
