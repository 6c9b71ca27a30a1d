// What the desk does beyond plain forms and htmx: local times, a sign that something takes long, copying.
// Every page works without it.
'use strict';

const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

function tellTimesHere(root) {
  for (const time of root.querySelectorAll('time[data-local]')) {
    const moment = new Date(time.dateTime);
    if (!Number.isNaN(moment.valueOf())) time.textContent = DAY.format(moment);
    time.removeAttribute('data-local');
  }
}

// A form that may take longer than a moment says so, and is not sent twice.
function showPatience(form) {
  const note = form.querySelector('[data-patience]');
  const buttons = form.querySelectorAll('button[type=submit]');
  setTimeout(() => buttons.forEach(button => { button.disabled = true; }));
  const timer = setTimeout(() => { if (note) note.hidden = false; }, 400);
  const end = () => {
    clearTimeout(timer);
    if (note) note.hidden = true;
    buttons.forEach(button => { button.disabled = false; });
  };
  addEventListener('pageshow', end, { once: true });
  form.addEventListener('htmx:afterRequest', event => { if (event.detail.elt === form) end(); });
}

// What could not be done is told where it was asked for: else a button that does nothing looks broken.
function tellTrouble({ detail: { elt, xhr } }) {
  if (!elt.matches('form[data-slow]')) return;
  const page = new DOMParser().parseFromString(xhr?.responseText || '', 'text/html');
  const note = document.createElement('p');
  note.className = 'bad';
  note.dataset.trouble = '';
  note.setAttribute('role', 'alert');
  note.textContent = page.querySelector('[role=alert]')?.textContent
    || 'The desk gave no answer. Look whether you are connected, then try again.';
  elt.append(note);
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText(source.textContent);
  const label = button.textContent;
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = label; }, 2000);
}

function insertAtCursor(field, text) {
  const start = field.value && !field.value.endsWith('\n') ? '\n' : '';
  field.value += start + text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

// The groups of the inbox: J and K step through them, all keys hold only inside of one.
function step(by) {
  const groups = [...document.querySelectorAll('[data-group]')];
  const here = groups.findIndex(group => group.contains(document.activeElement));
  groups[here < 0 ? 0 : Math.min(Math.max(here + by, 0), groups.length - 1)]?.querySelector('h2').focus();
}

function pressKey(event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || target.matches('input, select, textarea')) return;
  const group = target.closest('[data-group]');
  if (!group) return;
  if (key === 'j' || key === 'k') step(key === 'j' ? 1 : -1);
  else if (/^[a-z]$/.test(key)) group.querySelector(`[data-key="${key}"]`)?.click();
}

document.addEventListener('submit', event => {
  const file = event.target.querySelector('input[data-max-bytes]');
  if (file && file.files[0]?.size > Number(file.dataset.maxBytes)) {
    event.preventDefault();
    file.setCustomValidity('This file is too large: see the limit above it.');
    file.reportValidity();
    return;
  }
  if (event.target.matches('form[data-slow]')) showPatience(event.target);
});
document.addEventListener('click', event => {
  const button = event.target.closest('button');
  if (button?.dataset.copy) copy(button);
  if (button?.dataset.add) {
    insertAtCursor(document.getElementById(button.dataset.into), button.dataset.add);
    button.disabled = true;
    button.textContent = `Added: ${button.dataset.add}`;
  }
});
document.addEventListener('change', event => {
  if (event.target.matches('input[data-max-bytes]')) event.target.setCustomValidity('');
  if (event.target.matches('form[data-auto] select, form[data-auto] input[type=checkbox]')) event.target.form.requestSubmit();
});
document.addEventListener('htmx:beforeRequest', event => event.target.querySelector('[data-trouble]')?.remove());
for (const trouble of ['htmx:responseError', 'htmx:sendError', 'htmx:timeout']) document.addEventListener(trouble, tellTrouble);
for (const swapped of ['htmx:afterSwap', 'htmx:oobAfterSwap']) document.addEventListener(swapped, () => tellTimesHere(document));
for (const button of document.querySelectorAll('button[data-copy], button[data-add]')) button.hidden = false;
document.addEventListener('htmx:load', event => {
  for (const button of event.target.querySelectorAll('button[data-copy], button[data-add]')) button.hidden = false;
});
tellTimesHere(document);
document.querySelector('.rooms [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
document.querySelector('[aria-invalid=true]')?.focus();
const keys = document.querySelector('[data-keys]');
if (keys) {
  keys.hidden = false;
  keys.querySelector('[data-start]').addEventListener('click', () => step(0));
  document.addEventListener('keydown', pressKey);
  document.addEventListener('htmx:afterSettle', () => {
    const dealt = document.querySelector('[data-dealt]:not([data-passed])');
    if (!dealt) return;
    dealt.dataset.passed = '';
    let next = dealt.nextElementSibling;
    while (next && !next.matches('[data-group]')) next = next.nextElementSibling;
    (next?.querySelector('h2') || document.getElementById('tally')).focus();
  });
}
