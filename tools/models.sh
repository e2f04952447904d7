#!/bin/sh
# Makes the classifiers in models/ again, from the photos that they were made from. Hours on two cores.
# Usage: tools/models.sh PHOTOS [RUNS]
set -eu
if [ ! -d "${1:-}" ]; then
  echo "${1:-PHOTOS}: no such folder; say where the cats and dogs are: make models PHOTOS=folder" >&2
  exit 2
fi
photos=$1 runs=${2:-runs/models}
gemelo=.venv/bin/gemelo

step() { printf '\n\033[1m==> %s\033[0m\n' "$*"; }

train() {  # NAME OPTION...: unless it is there already; what was interrupted goes on
  name=$1
  shift
  [ -f "$runs/$name/run.json" ] && return
  step "training $name"
  [ -d "$runs/$name" ] && set -- "$@" --resume
  "$gemelo" train "$photos" --out "$runs/$name" --seed 0 "$@"
}

ship() {  # NAME
  step "exporting $1"
  "$gemelo" export "$runs/$1" --out "models/$1" --images "$photos" --no-layers --no-photos --about models/ABOUT.md --variants "$2"
}

train teacher --arch efficientnet-lite2 --epochs 0
train cats_vs_dogs_224 --arch efficientnet-lite0 --teacher "$runs/teacher" --teacher-views 2 \
  --epochs 5 --early-epochs 0 --learning-rate 2e-4 --label-smoothing 0
ship cats_vs_dogs_224 onnx/int8,tflite/int8,tfjs/uint8

train cats_vs_dogs --arch efficientnet-lite0-small --teacher "$runs/teacher" --teacher-views 6 \
  --teacher-temperature 2 --epochs 30 --recipe patient --label-smoothing 0 --outliers 0.125
ship cats_vs_dogs onnx/fp32,onnx/int8,tflite/int8,tfjs/uint8
