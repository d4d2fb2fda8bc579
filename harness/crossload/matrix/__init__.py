"""The runs of matrices, from plan to published report, and the upkeep of what they rest on."""
