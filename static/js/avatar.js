/** Draws a person's picture or initials into an avatar, as the template tag does. */
export function drawAvatar(element, person, dot) {
  for (const name of [...element.classList]) if (/^h\d$/.test(name)) element.classList.remove(name);
  element.classList.add(`h${person.hue}`);
  const face = person.avatar ? Object.assign(new Image(256, 256), { src: person.avatar, alt: "" }) : person.initials;
  element.replaceChildren(face);
  if (!dot) return;
  const mark = document.createElement("span");
  mark.className = "dot";
  mark.dataset.presence = person.id;
  mark.hidden = true;
  element.append(mark);
}
