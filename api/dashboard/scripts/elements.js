// Builds elements from text only: what an instance calls itself can never become markup.

/** A new element with attributes and children (strings become text nodes). */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** The element with an id that the page's markup is known to have. */
export const byId = (id) => document.getElementById(id);

/** Shows one of the page's sections, moves the focus to its heading and names it in the title. */
export function showSection(id) {
  for (const section of document.querySelectorAll("main > section")) section.hidden = section.id !== id;
  const heading = byId(`${id}-title`);
  document.title = `${heading.textContent} · Candor`;
  heading.focus();
}
