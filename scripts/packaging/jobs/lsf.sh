#!/bin/bash
# LSF: over ssh to the hosts of the job. bsub < lsf.sh
#BSUB -J assay
#BSUB -n 4
#BSUB -R "span[ptile=1]"
#BSUB -x
#BSUB -W 0:30
assay run --hostfile "$LSB_DJOB_HOSTFILE" --profile standard --output "assay-$LSB_JOBID"
