#!/bin/bash
# A cluster measured by Slurm: one Assay rank per core on every node of the allocation.
#
#   sbatch --nodes 8 scripts/packaging/jobs/slurm.sh                     # ten minutes
#   sbatch --nodes 8 scripts/packaging/jobs/slurm.sh --profile quick     # more options of `assay run`
#
# Build once on a machine of the same kind (scripts/run --dry-run), in a folder that all nodes see, or set
# ASSAY to where the program is. Only rank 0 writes; no shared file system is needed for the results.
#SBATCH --job-name=assay
#SBATCH --exclusive
#SBATCH --ntasks-per-node=1
#SBATCH --time=00:30:00
#SBATCH --output=assay-%j.log

# One task per core; set RANKS_PER_NODE to use fewer.
cores=${RANKS_PER_NODE:-${SLURM_CPUS_ON_NODE:-1}}
assay=${ASSAY:-${SLURM_SUBMIT_DIR:-.}/build/assay}

# PMIx starts the ranks; --cpu-bind=none because Assay pins its own ranks.
srun --mpi=pmix --ntasks-per-node="$cores" --ntasks=$((cores * SLURM_JOB_NUM_NODES)) --overcommit --cpu-bind=none \
  "$assay" run --output "assay-results/slurm-$SLURM_JOB_ID" "$@"
