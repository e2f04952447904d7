export const NOTICES: string;
export function notices(here: string): Promise<Buffer>;
