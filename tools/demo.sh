#!/bin/sh
# The main job from end to end, on drawings: no photo needed, nothing fetched.
# Usage: tools/demo.sh DRAWINGS RUN BUNDLE
set -eu
drawings=$1 run=$2 bundle=$3
gemelo=.venv/bin/gemelo

step() { printf '\n\033[1m==> %s\033[0m\n' "$*"; }

if [ ! -d "$drawings" ]; then
  step "drawing 2,400 cats and dogs in $drawings"
  "$gemelo" data draw "$drawings" --count 2400
fi
step "training the lecture's network on them"
"$gemelo" train "$drawings" --out "$run" --arch lecture --overwrite
step "exporting it to ONNX, TFLite and TF.js, each verified against Keras"
"$gemelo" export "$run" --out "$bundle"
step "verifying the bundle again, as any machine can, without TensorFlow"
verified=$("$gemelo" verify "$bundle" --images "$drawings/test_set") || { echo "$verified"; exit 1; }
echo "$verified"
step "classifying eight test drawings with the ONNX file"
set -- $(for class in cats dogs; do find "$drawings/test_set/$class" -name '*.jpg' | sort | tail -n 4; done)
answers=$("$gemelo" predict "$bundle" "$@")
echo "$answers" | awk '{ said = $0; sub(/.*prediction: /, "", said); sub(/ .*/, "", said)
  n = split($1, folders, "/"); print (folders[n - 1] == said ? "right" : "WRONG"), "", $0 }'
step "done"
echo "$verified" | grep '^Proved'
echo
cat <<END
  the bundle      $bundle           (gemelo info $bundle)
  parity report   $bundle/parity.html
  training report $run/report.html

Real cats and dogs:
  source .venv/bin/activate
  gemelo predict models/cats_vs_dogs_224 some-photo.jpg
  gemelo serve models/cats_vs_dogs
  gemelo app                           # uploads, in the Streamlit app

Next: put your own photos in folders photos/cats and photos/dogs (any names will do), then
  gemelo train photos --out runs/mine
  gemelo export runs/mine --out bundles/mine
  gemelo predict bundles/mine some-photo.jpg
  gemelo serve bundles/mine            # the same in a browser; $bundle is there to try at once
END
