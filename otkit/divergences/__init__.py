"""f-divergences: one table of generators; discrete measures, densities, samples and variational bounds."""
