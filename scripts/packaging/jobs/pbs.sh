#!/bin/bash
# PBS Professional or OpenPBS: over ssh to the hosts of the node file. qsub pbs.sh
#PBS -N assay
#PBS -l select=4:ncpus=16:mpiprocs=1
#PBS -l place=excl
#PBS -l walltime=00:30:00
cd "$PBS_O_WORKDIR" || exit 4
assay run --hostfile "$PBS_NODEFILE" --profile standard --output "assay-${PBS_JOBID%%.*}"
