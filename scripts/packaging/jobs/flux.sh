#!/bin/bash
# Flux: one rank per node. flux batch flux.sh
# flux: --job-name=assay
# flux: --nodes=4
# flux: --exclusive
# flux: --time-limit=30m
flux run --nodes=4 --tasks-per-node=1 --exclusive -o pmi=simple -o cpu-affinity=off assay run --profile standard
