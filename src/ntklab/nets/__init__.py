"""Networks of finite width as torch modules, in NTK parametrisation."""
