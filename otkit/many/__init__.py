"""Many measures: all distances among them, nearest neighbours, barycenters, sliced distances."""
