/** Small controls: a number between zero and a largest, a choice of words, a check box. */

import { h } from "../../shell/dom";

/** A number from 0 to `most` that one types, or counts up and down. */
export class NumberField {
  readonly element: HTMLElement;
  private readonly input: HTMLInputElement;

  constructor(label: string, most: number, onChange: (value: number) => void) {
    const change = (): void => {
      const value = Math.min(most, Math.max(0, Math.round(this.input.valueAsNumber)));
      if (!Number.isNaN(value)) onChange(value);
    };
    this.input = h("input", {
      type: "number",
      min: 0,
      max: most,
      step: 1,
      value: 0,
      inputmode: "numeric",
      disabled: most === 0,
      on: { input: change, change: () => (this.input.value = String(this.kept)) },
    });
    this.element = h("label", { class: "number" }, h("span", { text: label }), this.input);
  }

  private kept = 0;

  set(value: number): void {
    this.kept = value;
    // While it is being typed in, its digits are the visitor's.
    if (document.activeElement !== this.input) this.input.value = String(value);
    else if (this.input.valueAsNumber !== value && this.input.value !== "") this.input.value = String(value);
  }
}

export function selectField<T extends string>(
  label: string,
  options: readonly (readonly [value: T, text: string])[],
  value: T,
  onChange: (value: T) => void,
): HTMLElement {
  const select = h(
    "select",
    { on: { change: () => onChange(select.value as T) } },
    ...options.map(([name, text]) => h("option", { value: name, text, selected: name === value })),
  );
  return h("label", { class: "field" }, label, select);
}

export function checkField(
  label: string,
  checked: boolean,
  onChange: (checked: boolean) => void,
): HTMLElement {
  const input = h("input", { type: "checkbox", checked, on: { change: () => onChange(input.checked) } });
  return h("label", { class: "check" }, input, label);
}
