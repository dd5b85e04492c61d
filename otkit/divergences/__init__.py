"""f-divergences from one table of generators, of discrete measures, densities and samples; and MMD and its kin."""
