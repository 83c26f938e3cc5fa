"""Deep ensembles: members trained from independent initialisations, evaluated on orbits."""
