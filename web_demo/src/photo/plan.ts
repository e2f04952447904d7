/**
 * Fits: which part of a photo is resized, to what size, and where it lies in the model's input.
 *
 * Everything is known from the photo's size, so that a photo which would cost too much is refused before it is resized.
 * The counterpart of `gemelo/preprocessing/plan.py`.
 */

import type { Fit } from "../fits";
import { told } from "../messages/message";
import { PhotoError } from "./error";
import { checkBordered, checkResized } from "./limits";

/** The way of one photo into the input. */
export interface Plan {
  /** The window of the photo that is resized. What of it lies outside of the photo is black. */
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** What the window is resized to. */
  readonly toWidth: number;
  readonly toHeight: number;
  /** Where its corner lies in the input. What lies outside of the input is cut off, and the rest is black. */
  readonly x: number;
  readonly y: number;
  /** For Pillow: the part of the window that is sampled: left, top, right, bottom. Pixels beside it count too. */
  readonly box: readonly [number, number, number, number] | null;
}

interface Wanted {
  readonly width: number;
  readonly height: number;
  readonly fit: Fit;
  readonly resize_to?: number | null;
}

/** @throws PhotoError what the photo would be resized by way of is too large, or nothing of it would be left. */
export function planOf(width: number, height: number, wanted: Wanted): Plan {
  const all = { left: 0, top: 0, width, height, toWidth: wanted.width, toHeight: wanted.height };
  const plan = PLANS[wanted.fit]({ ...all, x: 0, y: 0, box: null }, wanted.resize_to ?? 0);
  if (plan.toWidth === 0 || plan.toHeight === 0) {
    const size = { width: plan.toWidth, height: plan.toHeight };
    throw new PhotoError("unsupported", "nothing-left", told("photo.nothing-left", size));
  }
  checkBordered(plan.width, plan.height);
  checkResized(plan.toWidth, Math.min(plan.height, height));
  checkResized(plan.toWidth, plan.toHeight);
  return plan;
}

/** A whole number of parts, rounded half up, but at least one. */
function share(size: number, part: number, of: number): number {
  return Math.max(1, Math.floor((2 * size * part + of) / (2 * of)));
}

function isWide({ width, height, toWidth, toHeight }: Plan): boolean {
  return width * toHeight > height * toWidth;
}

/** The largest centered rectangle of the input's shape; sides rounded half up. */
function crop(all: Plan): Plan {
  const { width, height, toWidth, toHeight } = all;
  return isWide(all)
    ? cut(all, share(height, toWidth, toHeight), height)
    : cut(all, width, share(width, toHeight, toWidth));
}

/** The whole photo inside the input, centered on black; sides rounded half up. */
function pad(all: Plan): Plan {
  const { width, height } = all;
  const [toWidth, toHeight] = isWide(all)
    ? [all.toWidth, share(height, all.toWidth, width)]
    : [share(width, all.toHeight, height), all.toHeight];
  const [x, y] = [half(all.toWidth - toWidth), half(all.toHeight - toHeight)];
  return { ...all, toWidth, toHeight, x, y };
}

/** torchvision's Resize(shorter) and CenterCrop: offsets are halves, rounded to even; borders are black. */
function resizeCrop(all: Plan, shorter: number): Plan {
  const { width, height } = all;
  const long = Math.floor((shorter * Math.max(width, height)) / Math.min(width, height));
  const [toWidth, toHeight] = width <= height ? [shorter, long] : [long, shorter];
  return {
    ...all,
    ...{ toWidth, toHeight },
    ...{ x: -center(toWidth - all.toWidth), y: -center(toHeight - all.toHeight) },
  };
}

/** Where a cut begins; below 0, so many borders are before it. */
function center(rest: number): number {
  const middle = rest >> 1;
  return rest >= 0 ? middle + (rest & middle & 1) : -(-rest >> 1);
}

/** Of Keras's layer Resizing and image_dataset_from_directory: crop_to_aspect_ratio. */
function kerasCrop(all: Plan): Plan {
  const [width, height] = kerasSides(all);
  return cut(all, Math.max(1, width), Math.max(1, height));
}

/** Of Keras's load_img: keep_aspect_ratio. */
function kerasLoadImg(all: Plan): Plan {
  const [width, height] = kerasSides(all);
  const [left, top] = [half(all.width - width), half(all.height - height)];
  return { ...all, box: [left, top, left + width, top + height] };
}

function kerasSides({ width, height, toWidth, toHeight }: Plan): [number, number] {
  return [
    Math.min(width, Math.floor((height * toWidth) / toHeight)),
    Math.min(height, Math.floor((width * toHeight) / toWidth)),
  ];
}

/** Of Keras's layer Resizing: pad_to_aspect_ratio, which lays borders around the photo before it is resized. */
function kerasPad(all: Plan): Plan {
  const { width, height, toWidth, toHeight } = all;
  const x = half(Math.max(width, Math.floor((height * toWidth) / toHeight)) - width);
  const y = half(Math.max(height, Math.floor((width * toHeight) / toWidth)) - height);
  return { ...all, left: -x, top: -y, width: width + 2 * x, height: height + 2 * y };
}

/** tf.image.resize_with_pad, and so image_dataset_from_directory's pad_to_aspect_ratio, in TensorFlow's float32. */
function tfPad(all: Plan): Plan {
  const { fround } = Math;
  const ratio = Math.max(fround(all.width / all.toWidth), fround(all.height / all.toHeight));
  const [width, height] = [fround(all.width / ratio), fround(all.height / ratio)];
  const border = (side: number, of: number): number => Math.max(0, Math.floor(fround(of - side) / 2));
  const [x, y] = [border(width, all.toWidth), border(height, all.toHeight)];
  return { ...all, toWidth: Math.floor(width), toHeight: Math.floor(height), x, y };
}

/** Pillow's ImageOps.fit, centered: a box with fractions of pixels. */
function pillowFit(all: Plan): Plan {
  const ratio = all.toWidth / all.toHeight;
  const own = all.width / all.height;
  const width = own > ratio ? ratio * all.height : all.width;
  const height = own < ratio ? all.width / ratio : all.height;
  const [left, top] = [(all.width - width) * 0.5, (all.height - height) * 0.5];
  return { ...all, box: [left, top, left + width, top + height] };
}

/** A centered window. */
function cut(all: Plan, width: number, height: number): Plan {
  return { ...all, left: half(all.width - width), top: half(all.height - height), width, height };
}

function half(rest: number): number {
  return Math.floor(rest / 2);
}

const PLANS: Readonly<Record<Fit, (all: Plan, shorter: number) => Plan>> = {
  squash: (all) => all,
  crop,
  pad,
  "resize-crop": resizeCrop,
  "keras-crop": kerasCrop,
  "keras-pad": kerasPad,
  "tf-pad": tfPad,
  "keras-load-img": kerasLoadImg,
  "pillow-fit": pillowFit,
};
