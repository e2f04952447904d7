// Written by tools/schemas.py from the dataclasses of gemelo: do not edit.

/** How a photo becomes the model's input: the size of the input, and the fit and filter for resizing. */
export interface Preprocessing {
  readonly schema: 2;
  /** Pixels of the model's input. */
  readonly width: number;
  /** Pixels of the model's input. */
  readonly height: number;
  /** 3 (RGB) or 1 (luma). */
  readonly channels: 1 | 3;
  /** The part of the photo that is resized, and to what size. */
  readonly fit:
    | "squash"
    | "crop"
    | "pad"
    | "resize-crop"
    | "keras-crop"
    | "keras-pad"
    | "tf-pad"
    | "keras-load-img"
    | "pillow-fit";
  /** How it is resized. The fits `keras-load-img` and `pillow-fit` take only Pillow's filters. */
  readonly filter:
    | "pillow-nearest"
    | "pillow-box"
    | "pillow-bilinear"
    | "pillow-hamming"
    | "pillow-bicubic"
    | "pillow-lanczos"
    | "tf-nearest"
    | "tf-bilinear"
    | "tf-bicubic"
    | "tf-area"
    | "opencv-nearest"
    | "opencv-bilinear"
    | "opencv-area";
  /** Pixels of the shorter side before the center is cut out, only for the fit `resize-crop`. */
  readonly resize_to?: number | null;
  readonly orientation: "exif";
  readonly alpha: "over-white";
  readonly layout: "NHWC";
  readonly range: readonly [0, 255];
}

/** Size and hash of one file. */
export interface FileRow {
  readonly bytes: number;
  readonly sha256: string;
}

/** An artifact that the page can run. */
export interface PageArtifact {
  /** `tfjs`, `onnx` or `tflite`. */
  readonly format: string;
  readonly variant: string;
  /** The file to open. */
  readonly path: string;
  /** {path: size and hash} of all its files. */
  readonly files: Readonly<Record<string, FileRow>>;
  /** Whether it gives the same probabilities as Keras, as fp32 does. */
  readonly exact: boolean;
  /** On the test photos. */
  readonly accuracy: number | null;
  /**
   * Largest difference of a probability on the goldens, from `expected_outputs` where those are there, else
   * from Keras's answers.
   */
  readonly tolerance: number;
  /** On the goldens. */
  readonly allowed_label_changes: number;
  /** A quantized artifact's own answers on the goldens when it was exported, row by row. */
  readonly expected_outputs: readonly (readonly number[])[] | null;
}

/** A golden. */
export interface PageGolden {
  /** Of its file. */
  readonly name: string;
  /** Of its first byte in the goldens' file. */
  readonly offset: number;
  /** Of its file. */
  readonly bytes: number;
  /** Of the uint8 tensor that the preprocessing makes of it. */
  readonly tensor_sha256: string;
  /** Keras's answer. */
  readonly probabilities: readonly number[];
}

/** The goldens in one piece, so that a page fetches them at once. */
export interface PageGoldens {
  readonly bytes: number;
  readonly sha256: string;
  readonly path: string;
  readonly images: readonly PageGolden[];
}

/** The list of layers for looking inside, and the model whose outputs they are. */
export interface PageLayers {
  readonly path: string;
  readonly files: Readonly<Record<string, FileRow>>;
}

/** A message of the catalogue `gemelo.messages`, for those who read it in another language. */
export interface Told {
  readonly code: string;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A file of the page, its path relative to the page's folder. */
export interface PageFile {
  readonly bytes: number;
  readonly sha256: string;
  readonly path: string;
}

/** One thing about the preprocessing or the output of an imported model, and who said it. */
export interface DeclaredFact {
  /** `scale`, `channel_order`, `size`, `fit`, `filter`, `output` or `labels`. */
  readonly name: string;
  /** As an option takes it. */
  readonly value: string;
  /**
   * `option` or `preset`: its owner said so; `file`: the model's file says so; `photos`: the folders of
   * photos; `detected`: it was found out by what the model answers; `default`: nobody said anything.
   */
  readonly by: "option" | "preset" | "file" | "photos" | "detected" | "default";
}

/** The file that a model was imported from. */
export interface PageImported {
  /** Its name. */
  readonly file: string;
  /** Of the file. */
  readonly sha256: string;
  /** What gave the reference outputs. */
  readonly framework: string;
  /** The framework and its version. */
  readonly title: string;
  /** The preprocessing, the output and the labels, and who said them. */
  readonly declared: readonly DeclaredFact[];
  /** What speaks against the declared preprocessing, in English. */
  readonly warning?: string | null;
  /** The same by its code. */
  readonly warning_told?: Told | null;
}

/** page.json. */
export interface PageData {
  readonly schema: 2;
  /** The version that wrote it. */
  readonly gemelo: string;
  readonly name: string;
  readonly architecture: string;
  readonly parameters: number;
  readonly convolutions: number;
  readonly labels: readonly string[];
  readonly preprocessing: Preprocessing;
  readonly accuracy: number | null;
  /** The probability below which the answer is "not sure"; null where every answer counts. */
  readonly threshold: number | null;
  /** Larger photos are refused. */
  readonly max_pixels: number;
  /** Those of the page, the preferred one first. */
  readonly runtimes: readonly string[];
  readonly artifacts: readonly PageArtifact[];
  readonly goldens: PageGoldens;
  readonly layers: PageLayers | null;
  /** Why there are no layers. */
  readonly layers_reason: string | null;
  /** The same by its code. */
  readonly layers_told: Told | null;
  readonly samples: readonly PageFile[];
  /** The bundle's reference.json. */
  readonly reference: PageFile | null;
  /** The probabilities of the test photos, where they are not in `reference` itself. */
  readonly answers: PageFile | null;
  /** The file that the model was imported from; absent where it was trained with gemelo. */
  readonly imported?: PageImported | null;
}

/** A kernel or a bias. */
export interface Weight {
  /** Of the weight inside the TF.js model of the layers. */
  readonly name: string;
  /**
   * As Keras has it: (height, width, inputs, outputs) of a convolution, (inputs, outputs) of a dense layer.
   */
  readonly shape: readonly number[];
}

/**
 * One row: a layer, or the linear or the non-linear half of one. What a kind of layer does not have is
 * null.
 */
export interface Layer {
  /** Also that of the output in both models. */
  readonly name: string;
  /** Keras's: `Conv2D`, `MaxPooling2D`, `Dense`, ...; `Activation` for all of those; `Flatten`. */
  readonly type: string;
  /** The Keras layer that it comes from. */
  readonly of: string;
  /** `relu`, `softmax`, ...; of the type `Activation` alone. */
  readonly activation: string | null;
  /** Of its output, without the batch: (height, width, channels), or (units,). */
  readonly shape: readonly number[];
  /** The weights. */
  readonly kernel: Weight | null;
  /** The weights. */
  readonly bias: Weight | null;
  /** (vertical, horizontal); null also where a convolution is dilated, whose windows are no rectangles. */
  readonly strides: readonly [number, number] | null;
  /** `valid` or `same`. */
  readonly padding: "valid" | "same" | null;
  /** (height, width) of a pooling window. */
  readonly pool: readonly [number, number] | null;
  /** Of `Rescaling`: output = input * scale + offset. */
  readonly scale: number | null;
  /** Of `Rescaling`: output = input * scale + offset. */
  readonly offset: number | null;
}

/**
 * What a class activation map is made of: the sum of the feature maps, each times its weight for the class.
 */
export interface Cam {
  /** Name of the layer whose output is (height, width, channels). */
  readonly features: string;
  /** (channels, classes). */
  readonly kernel: Weight;
  /** (classes,), or null. */
  readonly bias: Weight | null;
}

/** layers.json, parsed. */
export interface Layers {
  readonly schema: 1;
  /** Whether the network is a plain chain, and every layer has a row. */
  readonly chain: boolean;
  /** Why it is none. */
  readonly reason: string | null;
  /**
   * The models whose outputs are the rows', relative to the bundle; null where that format was not asked
   * for.
   */
  readonly tfjs: string | null;
  /**
   * The models whose outputs are the rows', relative to the bundle; null where that format was not asked
   * for.
   */
  readonly onnx: string | null;
  /** In the order of the data; the last is `probabilities`. */
  readonly layers: readonly Layer[];
  /** null where the network does not end in global average pooling and one dense layer. */
  readonly cam: Cam | null;
  /** The same by its code. */
  readonly told?: Told | null;
}

/** One image and Keras's answer to it. */
export interface ReferenceImage {
  /** POSIX path, of a golden relative to the bundle, of a photo relative to its data set. */
  readonly path: string;
  /** Of the file's bytes. */
  readonly sha256: string;
  /** Of the uint8 tensor (h, w, c) that the preprocessing makes of it, C order. */
  readonly tensor_sha256: string;
  /** float32 (classes,). */
  readonly probabilities: readonly number[];
  /** Index of the true label, null for goldens. */
  readonly label?: number | null;
}

/** The array of Keras's answers, float32 (photos, classes), beside reference.json. */
export interface AnswersFile {
  readonly path: string;
  readonly sha256: string;
}

/** A photo of the test split; Keras's answer to it stands in reference.npy. */
export interface ReferencePhoto {
  /** POSIX path relative to its data set. */
  readonly path: string;
  /** Of the file's bytes. */
  readonly sha256: string;
  /** Of the uint8 tensor (h, w, c) that the preprocessing makes of it, C order. */
  readonly tensor_sha256: string;
  /** Index of the true label. */
  readonly label?: number | null;
  /** Keras's answer in files of gemelo 0.1.0, which have no reference.npy. */
  readonly probabilities?: readonly number[] | null;
}

/** reference.json. */
export interface ReferenceFile {
  /** In index order. */
  readonly labels: readonly string[];
  /** The generated images that travel with every bundle, and Keras's answers. */
  readonly goldens: readonly ReferenceImage[];
  /** Where the answers to the test photos stand; null without any. */
  readonly answers?: AnswersFile | null;
  /** The photos of the test split, row by row of `answers`. */
  readonly test: readonly ReferencePhoto[];
}
