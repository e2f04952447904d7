/** A camera's stream: opened, turned to the next camera, closed; and why it cannot be. */

export type CameraTrouble = "insecure" | "denied" | "none" | "busy" | "ended" | "other";

export class CameraError extends Error {
  constructor(
    readonly trouble: CameraTrouble,
    options?: ErrorOptions,
  ) {
    super(trouble, options);
    this.name = "CameraError";
  }
}

const TROUBLES: Readonly<Record<string, CameraTrouble>> = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  OverconstrainedError: "none",
  DevicesNotFoundError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};

/**
 * @param device a camera's id; without it the one that looks away from the visitor, where there is one.
 * @throws CameraError
 */
export async function openCamera(device?: string): Promise<MediaStream> {
  // Browsers leave this out where the address is not secure.
  const devices = (navigator as Partial<Navigator>).mediaDevices;
  if (devices?.getUserMedia === undefined) throw new CameraError(isSecureContext ? "none" : "insecure");
  const which =
    device === undefined ? { facingMode: { ideal: "environment" } } : { deviceId: { exact: device } };
  try {
    return await devices.getUserMedia({
      video: { width: { ideal: 640 }, height: { ideal: 480 }, ...which },
      audio: false,
    });
  } catch (thrown) {
    throw new CameraError(TROUBLES[(thrown as Error).name] ?? "other", { cause: thrown });
  }
}

export function closeStream(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** Ids of all cameras; their number is known once one was allowed. */
export async function cameras(): Promise<string[]> {
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return devices.filter(({ kind }) => kind === "videoinput").map(({ deviceId }) => deviceId);
}

/** The id of the camera after the one in use. */
export function nextCamera(all: readonly string[], stream: MediaStream | null): string | undefined {
  const now = stream?.getVideoTracks()[0]?.getSettings().deviceId;
  return all[(all.indexOf(now ?? "") + 1) % all.length];
}

/** Frames a second over the last second and a half. */
export class Meter {
  private readonly ticks: number[] = [];

  /** @returns null until there are two frames. */
  tick(now: number): number | null {
    this.ticks.push(now);
    while (this.ticks.length > 2 && now - (this.ticks[0] ?? now) > 1500) this.ticks.shift();
    const span = now - (this.ticks[0] ?? now);
    return span > 0 ? ((this.ticks.length - 1) * 1000) / span : null;
  }
}
