// Rich: HTML of the server as nodes of the page. It was made safe there; here only known nodes are copied.

const TAGS = new Set("P BR STRONG EM UL OL LI TABLE THEAD TBODY TR TH TD IMG".split(" "));
const CLASSES = new Set(["text-end", "text-center"]);
const PICTURE = /^\/media\/[0-9a-f]{64}\.webp$/;

const ALLOWED = {
  IMG: { src: (value) => PICTURE.test(value), alt: () => true },
  OL: { start: (value) => /^\d+$/.test(value) },
  TH: { class: (value) => CLASSES.has(value) },
  TD: { class: (value) => CLASSES.has(value) },
};

function copy(node) {
  if (node.nodeType === Node.TEXT_NODE) return [node.data];
  if (node.nodeType !== Node.ELEMENT_NODE || !TAGS.has(node.tagName)) return [];
  const element = document.createElement(node.tagName);
  for (const [name, isFit] of Object.entries(ALLOWED[node.tagName] ?? {})) {
    const value = node.getAttribute(name);
    if (value !== null && isFit(value)) element.setAttribute(name, value);
  }
  element.append(...[...node.childNodes].flatMap(copy));
  return [element];
}

/** Put a rich text into an element, in place of what is there. */
export function show(element, html) {
  const parsed = new DOMParser().parseFromString(html, "text/html"); // runs and loads nothing
  element.replaceChildren(...[...parsed.body.childNodes].flatMap(copy));
}

/** Addresses of all pictures on a paper. */
export function picturesOf(questions) {
  const texts = questions.flatMap(({ html }) => (html ? [html.passage, html.stem, ...html.options] : []));
  return [...new Set(texts.flatMap((text) => text.match(/\/media\/[0-9a-f]{64}\.webp/g) ?? []))];
}
