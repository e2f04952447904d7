/**
 * "In your browser": photos are read and answered here by the page's own gemelo.js. To Python go the answers, and of
 * the photos only those that the visitor sends.
 */

const KEPT = "gemeloRoom";

export default function mount({ parentElement, data, setStateValue, setTriggerValue }) {
  // Another page of the app may have been shown meanwhile, which removes the component: the room stays what it was.
  const room = (globalThis[KEPT] ??= new Room());
  room.report = (value) => setStateValue("report", value);
  room.send = (value) => setTriggerValue("photo", value);
  room.moveTo(parentElement.querySelector(".room"));
  room.update(data);
}

class Room {
  constructor() {
    this.items = [];
    this.count = 0;
    this.waiting = [];
    this.status = element("p", "status", { role: "status" });
    this.drop = element("label", "drop");
    this.input = element("input", "", { type: "file", multiple: "", accept: "image/*" });
    this.title = element("strong");
    this.hint = element("span");
    this.drop.append(this.title, this.hint, this.input);
    this.drawings = element("button", "", { type: "button" });
    this.note = element("span", "note");
    this.row = element("div", "row");
    this.row.append(this.drawings, this.note);
    this.cards = element("div", "cards");
    this.listen();
  }

  /** Where it is shown from now on. */
  moveTo(root) {
    if (this.root === root) return;
    this.root = root;
    this.isNew = true;
    root.replaceChildren(this.status, this.drop, this.row, this.cards);
  }

  /** What Python missed while another page was shown is told once more. */
  catchUp(known) {
    if (!this.isNew) return;
    this.isNew = false;
    if (this.summary().some(({ id, label }) => label !== null && !known.includes(id))) this.reportSoon();
  }

  listen() {
    this.input.onchange = () => {
      this.add([...this.input.files]);
      this.input.value = "";
    };
    this.drawings.onclick = () => this.addDrawings();
    this.drop.ondragover = (event) => {
      event.preventDefault();
      this.drop.classList.add("over");
    };
    this.drop.ondragleave = () => this.drop.classList.remove("over");
    this.drop.ondrop = (event) => {
      event.preventDefault();
      this.drop.classList.remove("over");
      this.add([...event.dataTransfer.files]);
    };
  }

  /** New texts, or another model. */
  update(data) {
    this.data = data;
    this.title.textContent = data.words.choose;
    this.hint.textContent = data.words.private;
    this.drawings.textContent = data.words.drawings;
    this.note.textContent = data.words.drawing;
    this.row.style.display = data.drawings ? "" : "none";
    if (this.base !== data.base) {
      this.base = data.base;
      this.engine = this.start(data.base);
      this.waiting = [];
      for (const item of this.items) {
        item.id = this.newId(); // what was sent had another model's answer
        this.answer(item);
      }
    }
    this.arrived(new Set(data.sent));
    this.catchUp(data.known);
    this.sendAgainSoon();
    for (const item of this.items) this.paint(item);
    this.say();
  }

  async start(base) {
    this.classifier?.then((old) => old.close()).catch(() => undefined);
    this.state = "";
    const folder = new URL(base, home());
    const { load, PhotoError, spokenPhotoError } = await import(new URL("gemelo.js", folder).href);
    // The catalogue in Spanish; null for English, which is what is thrown.
    const { said } = this.data;
    this.spoken = (thrown) =>
      said !== null && thrown instanceof PhotoError ? spokenPhotoError(thrown, said, "es") : thrown.message;
    this.classifier = load({ base: folder });
    return this.classifier;
  }

  /** The line above: fetching, verified, or what went wrong. */
  async say() {
    const { words } = this.data;
    const base = this.base;
    const set = (kind, text) => {
      if (base !== this.base) return;
      this.status.className = `status ${kind}`;
      this.status.textContent = text;
    };
    if (this.state !== "ready") set("", words.loading);
    try {
      const { verification, choice } = await this.engine;
      this.state = "ready";
      const exponential = verification.maxDifference.toExponential(1);
      const difference = this.data.language === "es" ? exponential.replace(".", ",") : exponential;
      const by = fill(words.by, { ...choice, runtime: NAMES[choice.runtime] ?? choice.runtime });
      set("good", `${fill(words.verified, { images: verification.images, difference })} · ${by}`);
    } catch (thrown) {
      set("bad", fill(words.failed, { reason: thrown.message }));
    }
  }

  async addDrawings() {
    const { page } = await this.engine;
    const files = await Promise.all(
      page.samples.map(async ({ path }) => {
        const blob = await (await fetch(new URL(path, page.base))).blob();
        return new File([blob], path.split("/").at(-1), { type: blob.type });
      }),
    );
    this.add(files);
  }

  newId() {
    return `${Date.now()}-${++this.count}`;
  }

  add(files) {
    const items = files.map((file) => {
      return { id: this.newId(), file, card: element("article", "card"), sent: "" };
    });
    this.items.unshift(...items);
    this.cards.prepend(...items.map(({ card }) => card));
    for (const item of items) {
      this.paint(item);
      this.answer(item);
    }
  }

  async answer(item) {
    const base = this.base;
    Object.assign(item, { answer: null, error: null, sent: "" });
    try {
      const classifier = await this.engine;
      const answer = await classifier.classify(item.file);
      if (base !== this.base) return;
      const probabilities = [...answer.predictions].sort((a, b) => a.index - b.index);
      item.answer = {
        label: answer.label,
        sure: answer.sure,
        threshold: classifier.page.threshold,
        probability: answer.probability,
        probabilities: probabilities.map(({ probability }) => probability),
        ms: answer.ms,
        choice: classifier.choice,
      };
    } catch (thrown) {
      item.error = this.spoken(thrown);
    }
    this.paint(item);
    this.reportSoon();
  }

  remove(item) {
    this.items = this.items.filter((one) => one !== item);
    this.waiting = this.waiting.filter((one, i) => one !== item || i === 0); // the first is on its way already
    item.card.remove();
    URL.revokeObjectURL(item.picture?.src);
    this.reportSoon();
  }

  /** Not while a photo is on its way: the run of the script that receives it would be broken off. */
  reportSoon() {
    clearTimeout(this.soon);
    const tell = () => (this.waiting.length > 0 ? this.reportSoon() : this.report({ base: this.base, rows: this.summary() }));
    this.soon = setTimeout(tell, 120);
  }

  /** What Python is told: names and answers, no photo. */
  summary() {
    return this.items
      .filter(({ answer, error }) => answer || error)
      .map(({ id, file, answer, error }) => ({
        id,
        name: file.name,
        label: answer?.label ?? null,
        probability: answer?.probability ?? null,
        error: error ?? null,
      }));
  }

  paint(item) {
    const { words, language, limit } = this.data;
    const number = (value, digits) =>
      value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
    item.card.className = item.error ? "card bad" : "card";
    const body = element("div", "body");
    body.append(element("p", "name", { text: item.file.name, title: item.file.name }));
    if (item.error) {
      body.append(element("p", "unread", { text: words.unread, role: "alert" }));
      body.append(element("p", "wrong", { text: item.error }));
    }
    if (item.answer) {
      const { probability, ms, sure, label, threshold } = item.answer;
      const percent = (share) => `${number(100 * share, 1)}\u00a0%`;
      const line = element("p", sure ? "answer" : "answer unsure");
      line.append(element("strong", "", { text: sure ? label : words.not_sure }));
      if (sure) line.append(element("span", "", { text: percent(probability) }));
      const values = { label, share: percent(probability), least: percent(threshold ?? 0) };
      const why = sure ? [] : [element("p", "why", { text: fill(words.why_not_sure, values) })];
      const track = element("div", "track");
      const bar = element("i");
      bar.style.width = `${100 * probability}%`;
      track.append(bar);
      const [decode, model] = [ms.decode + ms.resize, ms.model].map((time) => `${number(time, 1)} ms`);
      const large = item.file.size > limit;
      const text = large ? fill(words.too_large, { size: Math.floor(limit / 104857.6) / 10 }) : words[item.sent || "send"];
      const send = element("button", "send", { type: "button", text });
      send.disabled = item.sent !== "" || large;
      send.onclick = () => this.give(item);
      body.append(line, ...why, track, element("p", "ms", { text: fill(words.times, { decode, model }) }), send);
    }
    item.picture ??= element("img", "", { src: URL.createObjectURL(item.file), alt: "" });
    const away = element("button", "remove", { type: "button", text: "×", title: fill(words.remove, { name: item.file.name }) });
    away.setAttribute("aria-label", away.title);
    away.onclick = () => this.remove(item);
    item.card.replaceChildren(item.picture, body, away);
  }

  /** One after another: Streamlit keeps but the last of what is sent before its script ran. */
  give(item) {
    item.sent = "sending";
    this.paint(item);
    this.waiting.push(item);
    if (this.waiting.length === 1) void this.giveFirst();
  }

  /** The script ran, and the photo did not arrive: Streamlit drops what a run that was broken off had been given. */
  sendAgainSoon() {
    clearTimeout(this.again);
    const [first] = this.waiting;
    if (first) this.again = setTimeout(() => this.waiting[0] === first && this.giveFirst(), 2000);
  }

  async giveFirst() {
    const [item] = this.waiting;
    const data = await base64(item.file);
    if (this.waiting[0] !== item) return; // another model was chosen meanwhile
    const { probabilities, choice } = item.answer;
    this.send({ id: item.id, name: item.file.name, probabilities, choice, data });
  }

  /** What Python has, or has refused, by its id: only then is it sent. */
  arrived(ids) {
    // A new session of the app, in the same tab, has none of those that were sent before.
    for (const item of this.items) if (ids.has(item.id) || item.sent === "sent") item.sent = ids.has(item.id) ? "sent" : "";
    if (this.waiting.length === 0 || !ids.has(this.waiting[0].id)) return;
    this.waiting.shift();
    if (this.waiting.length > 0) void this.giveFirst();
  }
}

const NAMES = { tfjs: "TF.js", onnx: "ONNX Runtime Web", litert: "LiteRT.js" };

/** The app's own address, whatever page of it is shown: where Streamlit's code came from. */
function home() {
  const script = document.querySelector('script[src*="/static/js/"], script[src^="./static/js/"]');
  return script ? new URL("../../", script.src).href : new URL("/", location.href).href;
}

function element(tag, className = "", { text, ...attributes } = {}) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ""));

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
