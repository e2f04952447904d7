/** What the view says in English. Rows, columns, maps and units are counted from 0, as Python does. */

export const en = {
  lead: "A convolutional network at work on your photo, with the weights it was trained to. Every number here was computed on this device.",
  noPhoto: "Choose a photo, and see what the network makes of it.",
  choose: "Choose a photo",
  another: "Another photo",
  running: "Running the network, layer by layer",
  noLayers: (reason: string) =>
    `The layers of this network cannot be shown one by one: ${reason}. What is possible for any network is shown: the photo as it sees it, and what decided.`,
  failed: (reason: string) => `The layers cannot be loaded: ${reason}`,

  steps: "Steps",
  step: "Step",
  stepOf: (step: number, all: number) => `Step ${step} of ${all}`,
  previous: "Previous",
  next: "Next",
  keys: "The arrow keys ← and → go from step to step.",
  keras: "In Keras",
  parameters: (text: string) => `${text} parameters`,
  becomes: (from: string, to: string) => `${from} → ${to}`,

  row: "Row",
  column: "Column",
  map: "Map",
  inputMap: "Input map",
  kernel: "Kernel",
  unit: "Unit",
  label: "Label",
  value: "Value",
  weight: "Weight",
  product: "Product",
  bias: "bias",
  red: "Red",
  green: "Green",
  blue: "Blue",
  grey: "Gray",
  counted: "Rows, columns and maps are counted from 0, as Python counts.",
  scale: (limit: string) =>
    `Blue is negative, orange positive, no color is zero. Full color is ${limit}, the largest magnitude in this map.`,
  place: (row: number, column: number, value: string) => `row ${row}, column ${column}: ${value}`,
  arrows: "Arrow keys move it, with Shift in longer steps.",
  computed: "TF.js computed",
  difference: "difference",
  rounded: "Shown rounded, worked out with all digits.",
  mapName: (map: number, least: string, most: string) => `Map ${map}, from ${least} to ${most}`,
  allMaps: (count: string) => `Show all ${count} maps`,

  photo: {
    title: "The photo",
    text: (photo: string, input: string, imported: boolean) =>
      `Your photo has ${photo} pixels. This network was trained on pictures of ${input}, and takes no other size. So the photo is first made that size, ${imported ? "as was declared when the model was imported" : "by exactly the same arithmetic as in training"}:`,
    fits: {
      squash: "the whole photo is squashed to it, whatever its shape.",
      crop: "the middle is cut out to the right shape, and resized.",
      pad: "the whole photo is resized to fit, and black borders fill the rest.",
    },
    after:
      "Each small square of the enlarged picture is one pixel. This is all that the network will ever see of your photo. Could you still tell what it shows?",
    yours: "Your photo",
    input: (size: string) => `What the network sees: ${size}`,
    numbers: (before: string, after: string) => `${before} numbers have become ${after}.`,
  },

  numbers: {
    title: "The photo as numbers",
    color:
      "To a computer a picture is a grid of numbers. Each pixel has three: how much red, green and blue light it gives, from 0 (none) to 255 (all). Point at the photo, or drag the frame, and read them.",
    grey: "To a computer a picture is a grid of numbers. Each pixel of this network's input has one: how light it is, from 0 (black) to 255 (white). Point at the photo, or drag the frame, and read them.",
    rescaling: "From 0–255 to 0–1",
    rescalingTo: (least: string, most: string) => `From 0–255 to ${least} … ${most}`,
    why: "The first layer, Rescaling, does the same to every number. Small numbers of about the same size are easier to learn from: no pixel shouts down the weights.",
    order: "In each cell from top to bottom: red, green, blue. A press on a cell chooses its pixel.",
    patch: (row: number, column: number) => `Around row ${row}, column ${column}`,
    rescaled: "The same, rescaled",
    choose: (row: number, column: number) => `Photo. Chosen is the pixel in row ${row}, column ${column}.`,
  },

  convolution: {
    title: "Convolution",
    depthwise: "Depthwise convolution",
    text: (kernel: string, channels: number, weights: string) =>
      channels === 1
        ? `A kernel is a small grid of weights, here ${kernel}: ${weights} numbers that training has found. It is laid on the picture; every weight is multiplied by the number below it; the products are added up, and a bias is added. The result is one cell of the feature map. Then the kernel moves on and does the same again, with the same weights: what it has learned to find, it finds anywhere.`
        : `A kernel is a small grid of weights, here ${kernel} for each of ${channels} channels: ${weights} numbers that training has found. It is laid on the picture; every weight is multiplied by the number below it; the products are added up, and a bias is added. The result is one cell of the feature map. Then the kernel moves on and does the same again, with the same weights: what it has learned to find, it finds anywhere.`,
    deep: (kernel: string, channels: number, weights: string) =>
      `This convolution does not look at the photo but at the ${channels} maps of the layer before. So each kernel has ${kernel} weights for each of these maps, ${weights} in all, and combines what the earlier kernels found.`,
    depthwiseText: (kernel: string) =>
      `Here each kernel, of ${kernel} weights, looks at one map only: that of its own number.`,
    strideOne: "Stride 1: the kernel moves one cell at a time, so that neighboring windows overlap.",
    stride: (stride: number, skipped: string) =>
      `Stride ${stride}: the kernel moves ${stride} cells at a time; ${skipped}.`,
    strides: (down: number, across: number) =>
      `Stride ${down} × ${across}: the kernel moves ${across} cells at a time to the right, and ${down} down.`,
    skipped: {
      2: "every second position is skipped",
      3: "two positions of three are skipped",
    } as Readonly<Record<number, string>>,
    skippedOf: (skipped: number, stride: number) => `${skipped} positions of ${stride} are skipped`,
    apart: "Windows do not overlap, so every cell is seen once at most.",
    same: "Padding “same”: zeros are laid around the borders (hatched), so that the kernel fits there too.",
    typed:
      "The lecture's code says Convolution2D(32, 3, 3). When it was written, that meant a kernel of 3 × 3; today's Keras takes the third number as the stride. The network shown here is the one that this line makes today.",
    sizes: (formula: string, direction: "each" | "down" | "across") =>
      `${formula} positions ${{ each: "in each direction", down: "down", across: "across" }[direction]}`,
    roundedDown: "rounded down",
    roundedUp: "rounded up",
    many: (filters: string) => `This layer has ${filters} kernels, and so makes ${filters} maps.`,
    input: "Input, and the window under the kernel",
    inputMap: (map: number) => `Input map ${map}, and the window under the kernel`,
    output: (map: number) => `Feature map ${map}`,
    window: (row: number, column: number) => `Input. The kernel lies on row ${row}, column ${column}.`,
    play: "Play",
    pause: "Pause",
    one: "One step",
    speed: "Speed",
    speeds: { slow: "slow", normal: "normal", fast: "fast" },
    patch: (channel: string) => `${channel}: input`,
    weights: "weights",
    products: "products",
    channel: (channel: number) => `Map ${channel}`,
    parts: (channels: number) =>
      `What each of the ${channels} input maps adds to the sum. The arrow keys choose one, whose products are written out above.`,
    strongest: "Always show the one that adds or takes away most",
    others: (count: number, plus: string, minus: string) =>
      `the other ${count} maps, ${plus} and ${minus} together`,
    sum: (products: string) => `sum of ${products} products`,
    padded: "0 in the padding",
  },

  maps: {
    title: (count: string) => `The ${count} feature maps`,
    text: "One map for each kernel. Orange: here the picture looks like the pattern in the kernel's weights. Blue: here it looks like the opposite. Some kernels have become edge detectors, some look for a color, some hardly for anything: nobody told them to, it is what training left.",
    deep: "One map for each kernel. The deeper the layer, the larger the part of the photo that one cell has seen, and the harder it is to say in a word what it looks for.",
    features:
      "The last maps before the decision. Each cell has seen a large part of the photo; each map is what one kernel found, and where.",
    own: "Each map is colored on its own scale: its largest magnitude has the full color.",
    all: "All maps are on one scale: the largest magnitude of all has the full color.",
    oneScale: "One scale for all maps",
    grid: "Feature maps: choose one",
    chosen: (map: number) => `Map ${map}`,
    weights: (kernel: number) => `Kernel ${kernel}, which made it`,
  },

  activation: {
    title: (name: string) => name,
    relu: "ReLU: nothing below zero",
    reluText:
      "ReLU leaves positive values as they are and makes negative ones 0. A small thing, but without it two layers one after the other could do no more than one: sums of sums are sums. This bend is what lets a deep network be more than a shallow one.",
    text: (name: string) => `Each value goes through the same function, ${name}.`,
    unknown: "It is not written out here; before and after are what the network computed.",
    before: "Before",
    after: "After",
    zeroed: (here: string, all: string) =>
      `Set to zero: ${here} of the values of this map, ${all} of all values of this layer.`,
    zeroedList: (all: string) => `Set to zero: ${all} of the values.`,
    grid: "Maps after the activation: choose one",
  },

  pooling: {
    max: "Max-pooling",
    average: "Average pooling",
    maxText: (window: string) =>
      `The map is divided into windows of ${window}, and of each only the largest value is kept: was the pattern found somewhere here? Exactly where no longer counts, so a photo that is moved a little gives nearly the same answer, and there is less to compute after.`,
    averageText: (window: string) =>
      `The map is divided into windows of ${window}, and each becomes its mean.`,
    sizes: (before: string, beforeCount: string, after: string, afterCount: string) =>
      `${before} = ${beforeCount} values become ${after} = ${afterCount}.`,
    left: (rows: number, columns: number) =>
      `At the end ${rows} rows and ${columns} columns are left over, too few for another window: they are not looked at.`,
    leftOne:
      "Of the odd number of rows and columns, the last of each fills no window: they are not looked at.",
    before: "Before",
    after: "After",
    window: (row: number, column: number) => `Pooled map. Chosen is row ${row}, column ${column}.`,
    values: "The window",
    grid: "Maps after pooling: choose one",
  },

  mean: {
    title: "Global average pooling",
    text: (shape: string) =>
      `Of each map only the mean of its ${shape} cells is left: how much of its pattern there is in the whole photo, wherever it is.`,
    means: "The means, one for each map",
  },

  flatten: {
    title: "Flatten",
    text: (count: string) =>
      `A dense layer takes a plain list. Flatten writes the cells of all maps one after another: row by row, column by column, and at each place the value of every map in turn. Nothing is computed; ${count} values keep their worth and lose their place.`,
    one: "Each map has shrunk to a single cell, so its number is its index in the list.",
    map: (map: number) => `Map ${map}`,
    strip: (count: string, columns: number) =>
      `The list of ${count} values, ${columns} in each line. The arrow keys move through it.`,
    index: "index",
    chosen: (index: number, value: string) => `List. Chosen is index ${index}: ${value}.`,
    formula: "(row × columns + column) × maps + map",
  },

  dense: {
    title: "Dense",
    text: (units: string, inputs: string) =>
      `Each of the ${units} units has a weight for every one of the ${inputs} values before it: it multiplies, adds up and adds its bias. A kernel sees a small window; a unit sees everything at once.`,
    last: "The last dense layer has a unit for each label: its sum is the label's score, before it becomes a probability.",
    inputs: "The values that come in",
    outputs: "The sums of all units: choose one",
    outputsOf: (unit: number, value: string) => `Units. Chosen is unit ${unit}: ${value}.`,
    top: (count: number) =>
      count === 1 ? "The strongest contribution" : `The ${count} strongest contributions`,
    from: "From",
    index: (index: number) => `value ${index}`,
    cell: (map: number, row: number, column: number) => `map ${map}, row ${row}, column ${column}`,
    rest: (count: string) => `the other ${count}`,
    label: (label: string) => `the unit for “${label}”`,
  },

  output: {
    title: "The output",
    softmax:
      "Softmax makes probabilities of the scores: e to the power of each, divided by the sum of all. None is negative, together they are 1, and the largest score wins.",
    sigmoid: "The sigmoid squeezes any number between 0 and 1: 1 / (1 + e^(−z)).",
    mirrored:
      "One score decides between two labels. It stands here twice, once with the opposite sign, so that each label has its probability: together they are 1.",
    plain: "The last layer's values are the answer.",
    answer: (engine: string) => `The answer that this page gives (${engine})`,
    inside: "Layer by layer, here",
    waiting: "This page's answer is not there yet.",
    equal: (difference: string) => `Largest difference: ${difference}.`,
    quantized:
      "The page answers by weights that were rounded to save space; here are those that were trained. So the two differ a little.",
    total: (labels: number) => `sum of all ${labels}`,
  },

  generic: {
    swap: "Red and blue change places (BGR, as OpenCV reads).",
    text: (type: string) => `This layer is of the type ${type}. It is shown by what it makes.`,
    grid: "Maps: choose one",
    values: "The values",
  },

  heat: {
    title: "What decided?",
    method: "Method",
    cam: "Class activation map",
    occlusion: "Occlusion",
    occlusionText: (side: number, boxes: number) =>
      `A gray square of ${side} × ${side} pixels covers one part of the picture after another, ${boxes} in all, and each time the network answers anew. The squares overlap: a place shows the mean of all that cover it. Where covering a part makes the label less probable, that part spoke for it.`,
    camText: (shape: string) =>
      `The network ends in ${shape} maps, the mean of each, and one weight for each map and label. So every cell's share in a label's score can be told: its value in each map times that map's weight, added up.`,
    score: (mean: string, bias: string, score: string) =>
      `mean of the map ${mean} + bias ${bias} = score ${score}`,
    read: (label: string) =>
      `Orange: this part speaks for “${label}”. Blue: it speaks against it. No color: it makes no difference.`,
    limits: {
      occlusion:
        "It says what this network used in this photo, not whether that was right. The square is a foreign thing in the photo too, and what two parts say together a single square does not find.",
      cam: (shape: string) =>
        `It says what this network used in this photo, not whether that was right. There are only ${shape} cells, drawn smoothly: do not read its edges as the edges of things.`,
    },
    opacity: "Opacity",
    progress: (done: number, all: number) => `${done} of ${all} squares`,
    cancel: "Cancel",
    canceled: "Canceled.",
    again: "Compute it",
    done: "The heat map is ready.",
    strongest: (share: string, without: string, label: string) =>
      `The whole photo: “${label}” ${share}. With the strongest square covered: ${without}.`,
    legend: { against: "against", for: "for" },
    points: (points: string) => `${points} points`,
    picture: (label: string) => `Your photo with the heat map for “${label}” over it`,
    flat: "No square changes the answer by as much as a thousandth: no single part decided.",
  },
};
