/** Cells of CSV files that people open in spreadsheets. */

/** What a spreadsheet would take for a formula; a number with its sign is none. */
const FORMULA = /^[=+@\t\r]|^-(?!\d*\.?\d+(e[-+]?\d+)?$)/i;

/** A cell of a CSV file: an apostrophe stands before what a spreadsheet would run, and what must be quoted is. */
export function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
