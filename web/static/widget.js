/*
 * The clinic's FAQ chat for any web page:
 *
 *   <script async src="https://HOST/widget.js"></script>
 *
 * One custom element, <faq-chat>, with everything inside its shadow root. Until a visitor opens it, it is one
 * button: nothing is requested and nothing is stored. It sets no cookie; a conversation is kept in this tab only.
 *
 * Settings, all optional: as data-… on the script tag (or on a <faq-chat> placed by hand), or, for a tag manager
 * that strips them, in window.faqChatSettings = {color: "#0b5c63", fontScale: 1.2, textSend: "Go"} before the script.
 *
 *   data-color      any CSS color; the text on it becomes black or white, whichever reads better
 *   data-label      the launcher's words
 *   data-greeting   a line of your own above the greeting
 *   data-topic      ids of topics to offer first, for instance on the page about fees: "cost insurance"
 *   data-position   left or right; without it, where the page's lines end
 *   data-theme      light or dark; without it, what the visitor's device asks for
 *   data-lang       the language of your data-text-… words, for screen readers
 *   data-font-scale 1.25 makes everything a quarter larger
 *   data-open       "true" opens it when the page has loaded, without taking the focus
 *   data-history    tab (the same as session: kept until the tab closes) or none; data-persist="none" does the same
 *   data-exit       where "Quick exit" leads
 *   data-text-…     any of the WORDS below, for instance data-text-send="Go"
 *   src             (faqChatSettings only) the widget's address, where a bundler hides it
 *
 * For the page's own scripts there are, from faq-chat:ready on, faqChat.open(), .close(), .reset() and
 * .ask("How long does it last?"), and the events faq-chat:ready, :open, :close, :answer {id} and
 * :feedback {id, helpful}, which bubble to the document and never carry what anybody typed or read.
 */
(() => {
  'use strict';
  const script = [document.currentScript, document.querySelector('script[src*="/widget."]')].find((tag) => tag?.src);
  if (customElements.get('faq-chat')) return;

  // ---- What visitors see and read: change the color and the words here, and nowhere else. --------------------

  const COLOR = '#0b5c63';
  const EXIT = 'https://www.weather.gov/';
  const WORDS = {
    label: 'Questions? Ask us',
    title: 'Clinic assistant',
    you: 'You:',
    bot: 'Clinic assistant:',
    log: 'Conversation',
    input: 'Your question',
    send: 'Send',
    help: 'Help lines',
    exit: 'Quick exit',
    close: 'Close',
    reset: 'Start over',
    wait: 'Looking that up…',
    source: 'Source',
    sources: 'Sources',
    updated: 'Updated {date}',
    helpful: 'Was this helpful?',
    yes: 'Yes',
    no: 'No',
    comment: 'What were you looking for? Please leave out private details.',
    thanks: 'Thank you.',
    failed: 'Sorry, that did not go through.',
    offline: 'You seem to be offline.',
    kept: 'Your message is still here.',
    retry: 'Try again',
    left: 'Characters left: {n}',
    over: 'Too long. Please take out {n} characters.',
  };
  // What the visitor is given although no request has been made, and whatever fails later. The server puts in its
  // own greeting, help lines and contact when it serves this file.
  const SERVED = {
    greeting: {
      html: '<p>Hello. I am automatic, not a person. Please leave out names and health details.</p>',
      suggestions: [],
    },
    help: [
      { href: 'tel:988', label: 'Call 988' },
      { href: 'sms:988', label: 'Text 988' },
      { href: 'tel:911', label: 'Call 911' },
    ],
    contact: [],
  };

  const LIMIT = 1000; // characters the server reads
  const PATIENCE_MS = 10000;
  const STORAGE_KEY = 'faq-chat';
  const RATED = ['answer', 'no_answer'];

  // ---- Settings ----------------------------------------------------------------------------------------------

  const OPTIONS = ['color', 'exit', 'fontScale', 'greeting', 'history', 'label', 'lang', 'open', 'persist',
    'position', 'src', 'theme', 'topic'];
  const words = { ...WORDS };
  let options = {};

  const readSettings = (element) => {
    options = { ...window.faqChatSettings, ...script?.dataset, ...element.dataset };
    const unknown = [];
    for (const [name, value] of Object.entries(options)) {
      const word = name.replace(/^text(.)/, (_, first) => first.toLowerCase());
      if (word !== name && Object.hasOwn(WORDS, word)) words[word] = value;
      else if (!OPTIONS.includes(name)) unknown.push(name);
    }
    if (unknown[0]) console.warn(`faq-chat: no such setting: ${unknown}. There are ${OPTIONS} and text…`);
    words.label = options.label || words.label;
  };

  const address = (path) => new URL(`api/v1/${path}`, new URL(options.src || script?.src || '', location));

  // ---- Small builders: the only ways to make a node ----------------------------------------------------------

  const el = (tag, props, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (name in node) node[name] = value;
      else node.setAttribute(name, value);
    }
    node.append(...children.filter(Boolean));
    return node;
  };

  const button = (className, text, onclick) => el('button', { type: 'button', className, onclick }, text);

  const link = ({ href, label }, className = '') => {
    if (!/^(https?|tel|sms|mailto):/i.test(href)) return label;
    const target = /^http/i.test(href) ? '_blank' : '';
    return el('a', { href, className, target, rel: 'noopener noreferrer' }, label);
  };

  const row = (className, nodes) => nodes.length && el('div', { className }, ...nodes);

  const actionRow = (actions) => row('actions', actions.map((action) => link(action, 'action')));

  // The server's HTML is already sanitised; it is still not parsed by the browser, but rebuilt from the few tags
  // that answers are made of. So nothing in it can run, also where a page enforces Trusted Types.
  const TAGS = ['p', 'br', 'strong', 'em', 'ul', 'ol', 'li', 'blockquote', 'code', 'h3', 'h4'];
  const SIGNS = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: '\u00a0', '#39': "'" };
  const plain = (text) => text.replace(/&(#?\w+);/g, (sign, name) => SIGNS[name] || sign);

  const rich = (html) => {
    const open = [el('div', { className: 'bubble', dir: 'auto' })];
    for (const [, end, tag, rest, text] of html.matchAll(/<(\/?)(\w+)([^>]*)>|([^<]+)/g)) {
      if (text) open.at(-1).append(plain(text));
      else if (tag !== 'a' && !TAGS.includes(tag)) continue;
      else if (end) open.length > 1 && open.pop();
      else {
        const href = plain(/href="([^"]*)"/.exec(rest)?.[1] || '');
        const node = tag === 'a' ? link({ href, label: '' }) || el('span') : el(tag[0] === 'h' ? 'p' : tag);
        if (tag[0] === 'h') node.className = 'head';
        open.at(-1).append(node);
        if (tag !== 'br') open.push(node);
      }
    }
    return open[0];
  };

  // ---- Messages: each is one node of the log, so that it is read out once, with who said it -------------------

  const message = (who, ...content) =>
    el('div', { className: `message ${who}` },
      el('span', { className: 'unseen' }, who === 'you' ? words.you : words.bot, ' '), ...content);

  const sourceNode = ({ title, url, quote, updated }, isOneOfMany) => {
    const date = updated && new Date(updated).toLocaleDateString([], { dateStyle: 'medium', timeZone: 'UTC' });
    return el('div', { className: 'source' },
      url ? link({ href: url, label: title }) : isOneOfMany && el('p', null, title),
      quote && el('blockquote', { dir: 'auto' }, quote),
      date && el('p', null, words.updated.replace('{date}', date)));
  };

  const sourcesNode = (sources) => sources[0] && el('details', null,
    el('summary', null, sources[1] ? `${words.sources}: ${sources.length}` : `${words.source}: ${sources[0].title}`),
    ...sources.map((source) => sourceNode(source, sources[1])));

  const ratingNode = (reply) => {
    const node = el('div', { className: 'rating', tabIndex: -1 }, words.helpful);
    const say = (...content) => {
      node.replaceChildren(...content);
      (node.querySelector('input') || node).focus();
    };
    const rate = async (helpful, comment) => {
      try {
        await call('feedback', { id: reply.id, helpful, comment: comment || undefined });
      } catch {
        return say(words.failed);
      }
      reply.rated = true;
      remember();
      emit('feedback', { id: reply.id, helpful });
      if (helpful || comment !== undefined) return say(words.thanks);
      const field = el('input', { maxLength: 500, onkeydown: (event) => isEnter(event) && rate(false, field.value) });
      say(el('label', null, words.comment, field), button('', words.send, () => rate(false, field.value)));
    };
    node.append(button('', words.yes, () => rate(true)), button('', words.no, () => rate(false)));
    return node;
  };

  const suggestionRow = (suggestions) =>
    row('suggestions', suggestions.map(({ label, message: text }) => button('suggestion', label, () => {
      ask(text);
      // On a phone the field would bring up the keyboard, over the answer.
      (matchMedia('(pointer:coarse)').matches ? log : input).focus();
    })));

  const replyNode = (reply) => message(`bot ${reply.kind}`,
    rich(reply.html),
    reply.notice && el('p', { className: 'notice' }, reply.notice),
    actionRow(reply.actions),
    sourcesNode(reply.sources),
    RATED.includes(reply.kind) && !reply.rated && ratingNode(reply),
    suggestionRow(reply.suggestions));

  const greetingNode = () => {
    const bubble = rich(SERVED.greeting.html);
    bubble.id = 'greeting';
    if (options.greeting) bubble.prepend(el('p', null, options.greeting));
    return message('bot', bubble, suggestionRow(SERVED.greeting.suggestions));
  };

  // ---- The conversation: turns of {text, reply, node}, answered one after the other ---------------------------

  let turns = [];
  let context; // what the last reply wants back with the next message
  let request, error;

  const storage = () => (options.history === 'none' || options.persist === 'none' ? null : sessionStorage);

  // A browser may refuse storage at any time; the chat then lasts as long as the page.
  const remember = () => {
    const kept = turns.slice(-50).map(({ text, reply }) => ({ text, reply }));
    try {
      storage()?.setItem(STORAGE_KEY, JSON.stringify({ turns: kept, context }));
    } catch {}
  };

  const recall = () => {
    try {
      const kept = JSON.parse(storage()?.getItem(STORAGE_KEY) || '{"turns":[]}');
      kept.turns.forEach(show);
      ({ turns, context } = kept);
    } catch {
      reset();
    }
  };

  const forget = () => {
    request?.abort();
    request = error = context = undefined;
    turns = [];
    try {
      sessionStorage.removeItem(STORAGE_KEY);
    } catch {}
  };

  const call = async (path, body, signal) => {
    const response = await fetch(address(path), {
      method: body ? 'POST' : 'GET',
      headers: body && { 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal,
    });
    if (response.status === 204) return null;
    const told = await response.json();
    if (response.ok) return told;
    throw { text: told.text, isFinal: [400, 413, 422].includes(response.status) };
  };

  const dropSuggestions = () => log.querySelectorAll('.suggestions').forEach((old) => old.remove());

  const show = (turn) => {
    dropSuggestions();
    turn.node = message('you', el('p', { className: 'bubble', dir: 'auto' }, turn.text));
    log.append(turn.node);
    if (turn.reply) turn.node.after(replyNode(turn.reply));
  };

  // The newest answer is read from its start, with its question above it.
  const reveal = (question, answer = question) => {
    log.scrollTop = Math.max(question.offsetTop - 12, answer.offsetTop - 120);
  };

  const ask = (text) => {
    const turn = { text };
    show(turn);
    turns.push(turn);
    remember();
    reveal(turn.node);
    answerNext();
  };

  const answerNext = async () => {
    const turn = turns.find(({ reply }) => !reply);
    if (request || !turn) return;
    error?.remove();
    input.setAttribute('aria-describedby', 'note');
    const mine = (request = new AbortController());
    const waiting = message('bot', el('p', { className: 'bubble waiting' }, words.wait));
    const timers = [
      setTimeout(() => turn.node.after(waiting), 1000),
      setTimeout(() => mine.abort({}), PATIENCE_MS),
    ];
    let node, problem;
    try {
      const reply = await call('chat', { message: turn.text, context }, mine.signal);
      node = replyNode(reply);
      turn.reply = reply;
    } catch (caught) {
      problem = caught;
    }
    timers.forEach(clearTimeout);
    waiting.remove();
    if (request !== mine) return; // the visitor has started over
    request = undefined;
    if (problem) return explain(turn, problem);
    context = turn.reply.context;
    remember();
    // After its own question, wherever that stands by now: never under a newer one.
    turn.node.after(node);
    reveal(turn.node, node);
    emit('answer', { id: turn.reply.id });
    answerNext();
  };

  // A message that failed stays where it is and goes first with the next try; one that was refused is done with.
  const explain = (turn, { text, isFinal }) => {
    if (isFinal) turns.splice(turns.indexOf(turn), 1);
    const again = () => {
      input.focus();
      answerNext();
    };
    error = message('bot error',
      el('p', { id: 'error', className: 'bubble' },
        text || (navigator.onLine ? words.failed : words.offline), ' ', !isFinal && words.kept),
      turns.some(({ reply }) => !reply) && button('retry', words.retry, again),
      actionRow(SERVED.help));
    turn.node.after(error);
    input.setAttribute('aria-describedby', 'note error');
    reveal(turn.node, error);
  };

  // ---- The panel, built when it is first opened ---------------------------------------------------------------

  let host, root, launcher, panel, log, input;

  const emit = (name, detail) =>
    host.dispatchEvent(new CustomEvent(`faq-chat:${name}`, { bubbles: true, detail }));

  const isEnter = (event) => event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229;

  const form = () => {
    const note = el('p', { id: 'note', role: 'status' });
    const spare = () => LIMIT - [...input.value.trim()].length;
    const count = () => {
      const left = spare();
      const text = left < 0 ? words.over : left < 100 ? words.left : '';
      note.textContent = text.replace('{n}', Math.abs(left));
      input.setAttribute('aria-invalid', left < 0);
    };
    const submit = () => {
      const text = input.value.trim();
      input.focus();
      if (text && spare() >= 0) {
        input.value = '';
        ask(text);
      }
      count();
    };
    let pause;
    input = el('textarea', {
      id: 'input', rows: 1, placeholder: words.input, enterKeyHint: 'send', 'aria-describedby': 'note',
      onkeydown: (event) => {
        if (!isEnter(event)) return;
        event.preventDefault();
        submit();
      },
      // A screen reader must not read out a new number at every key.
      oninput: () => {
        clearTimeout(pause);
        pause = setTimeout(count, 400);
      },
    });
    return el('div', { className: 'form' },
      el('label', { htmlFor: 'input', className: 'unseen' }, words.input),
      input, button('send', words.send, submit), note);
  };

  const header = (help) => {
    const helpButton = button('', words.help, () => {
      help.hidden = !help.hidden;
      helpButton.setAttribute('aria-expanded', !help.hidden);
    });
    helpButton.setAttribute('aria-expanded', false);
    const closeButton = button('close', '×', close);
    closeButton.setAttribute('aria-label', words.close);
    return el('div', { className: 'header' },
      el('p', null, words.title), helpButton, button('', words.exit, leave), closeButton);
  };

  const build = () => {
    log = el('div', { className: 'log', role: 'log', tabIndex: 0, 'aria-label': words.log });
    const help = el('div', { className: 'help', hidden: true }, actionRow(SERVED.help));
    const contact = SERVED.contact.slice(0, 1).map((action) => link(action));
    const footer = el('div', { className: 'footer' }, ...contact, button('', words.reset, reset));
    panel = el('div', { className: 'panel', role: 'dialog', 'aria-label': words.title, 'aria-describedby': 'greeting' },
      header(help), help, log, form(), footer);

    // What is typed here is nobody else's: the page's shortcuts and listeners do not get it.
    for (const type of ['keydown', 'keyup', 'keypress', 'beforeinput', 'input', 'paste'])
      panel.addEventListener(type, (event) => event.stopPropagation());
    panel.addEventListener('keydown', (event) => event.key === 'Escape' && !event.isComposing && close());
    document.addEventListener('keydown', closeFromPage);
    for (const type of ['resize', 'scroll']) visualViewport.addEventListener(type, fit);

    log.append(greetingNode());
    recall();
    root.append(panel);
    offerTopics();
    answerNext();
  };

  // Escape closes from anywhere, unless the page has a use for it.
  const closeFromPage = (event) => {
    const busy = event.defaultPrevented || event.isComposing || document.querySelector(':modal')
      || event.target.closest?.('dialog, [role=dialog], [role=alertdialog], [role=menu]');
    if (event.key === 'Escape' && !busy) close();
  };

  // What is left of the screen when a phone's keyboard is up. Zooming with two fingers must not count.
  const fit = () => {
    const { scale, height, offsetTop } = visualViewport;
    if (scale > 1.01) return;
    panel.style.setProperty('--height', `${height}px`);
    panel.style.setProperty('--below', `${Math.max(0, innerHeight - height - offsetTop)}px`);
  };

  const offerTopics = async () => {
    if (!options.topic || turns.length) return;
    const ids = options.topic.split(/[\s,]+/);
    const topics = await call('topics').catch(() => []);
    const found = topics.filter(({ id }) => ids.includes(id))
      .map(({ question }) => ({ label: question, message: question }));
    if (!found.length || turns.length) return;
    dropSuggestions();
    log.firstChild.append(suggestionRow(found));
  };

  // ---- Open, close, start over, leave -------------------------------------------------------------------------

  const isOpen = () => panel?.hidden === false;

  const toggle = (open) => {
    panel.hidden = !open;
    launcher.hidden = open;
    launcher.setAttribute('aria-expanded', open);
    emit(open ? 'open' : 'close');
  };

  const open = ({ focus = true } = {}) => {
    attach();
    if (!panel) build();
    if (!launcher.hidden) toggle(true);
    if (focus) input.focus({ preventScroll: true });
  };

  const close = () => {
    if (!isOpen()) return;
    const wasInside = host.shadowRoot.activeElement;
    toggle(false);
    if (wasInside) launcher.focus({ preventScroll: true });
  };

  const reset = () => {
    forget();
    if (!panel) return;
    input.value = '';
    log.replaceChildren(greetingNode());
    input.focus();
  };

  const leave = () => {
    reset();
    close();
    const exit = options.exit || EXIT;
    // In a frame it is the page around it that has to go.
    try {
      top.location.replace(exit);
    } catch {
      location.replace(exit);
    }
  };

  const askFromPage = (text) => {
    const asked = String(text).trim().slice(0, LIMIT);
    open();
    if (asked) ask(asked);
  };

  // ---- The element --------------------------------------------------------------------------------------------

  const paint = () => {
    root.style.setProperty('--accent', CSS.supports('color', options.color) ? options.color : COLOR);
    if (options.theme) root.style.colorScheme = options.theme;
    if (options.fontScale) root.style.setProperty('--scale', options.fontScale);
  };

  // A control of the page that the keyboard reaches must not lie under the chat: the chat changes sides.
  const dodge = ({ target }) => target !== host && requestAnimationFrame(() => {
    const { left, top, width, height } = target.getBoundingClientRect();
    if (document.elementFromPoint(left + width / 2, top + height / 2) !== host) return;
    for (const side of ['left', 'right']) root.classList.toggle(side);
  });

  const mount = (element) => {
    host = element;
    readSettings(host);
    const dir = document.dir || document.body?.dir || 'ltr';
    launcher = button('launcher', words.label, () => open());
    launcher.setAttribute('aria-expanded', false);
    launcher.setAttribute('aria-haspopup', 'dialog');
    root = el('section', { dir, lang: options.lang || 'en', 'aria-label': words.title }, launcher);
    root.className = options.position || (dir === 'rtl' ? 'left' : 'right');
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    const shadow = host.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [style];
    shadow.append(root);
    paint();
    document.addEventListener('focusin', dodge);
    window.faqChat = { open, close, reset, ask: askFromPage };
    emit('ready');
    if (String(options.open) === 'true') open({ focus: false });
  };

  // Everything but the accent is mixed from the two colors that the visitor's light or dark scheme gives. On the accent
  // stands black or white, whichever reads better: they change places at the lightness of 49.44, where both have a
  // contrast of 4.6 (WCAG 2); a browser that cannot tell gets our own accent. Every surface has a border, if only a
  // transparent one: it shows in forced colors, where backgrounds go.
  const STYLE = `
:host { all: initial !important; position: fixed !important; z-index: 2147483647 !important; }
section {
  --scale: 1; --page: Canvas; --ink: color-mix(in srgb, CanvasText 88%, Canvas);
  --mute: color-mix(in srgb, CanvasText 70%, Canvas); --line: color-mix(in srgb, CanvasText 50%, Canvas);
  --on-accent: lch(from var(--accent) calc((49.44 - l) * infinity) 0 0);
  --soft: color-mix(in srgb, var(--accent) 5%, color-mix(in srgb, CanvasText 3%, Canvas));
  color-scheme: light dark; color: var(--ink); text-align: start; -webkit-text-size-adjust: 100%;
  font: calc(16px * var(--scale)) / 1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
@supports not (color: lch(from red l c h)) {
  section { --accent: ${COLOR} !important; --on-accent: #fff; }
}
* { box-sizing: border-box; margin: 0; unicode-bidi: plaintext; }
[hidden] { display: none !important; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
a { color: inherit; }
button, input, textarea {
  border: 1px solid var(--line); border-radius: 22px; background: var(--page); color: inherit; font: inherit;
  letter-spacing: inherit; word-spacing: inherit;
}
button, .action, .footer a, .source a, summary {
  display: inline-flex; align-items: center; min-width: 44px; min-height: 44px; line-height: 1.25; cursor: pointer;
}
button, .action { justify-content: center; padding: .4em 1em; text-align: start; text-decoration: none; }
.action { border: 1px solid var(--line); border-radius: 22px; }
button:hover, .action:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; box-shadow: 0 0 0 7px var(--page); }
.launcher, .send, .header, .you .bubble, .retry, .crisis .action:first-child {
  border: 1px solid transparent; background: var(--accent); color: var(--on-accent);
}
.launcher, .panel { position: fixed; bottom: calc(20px + var(--below, 0px)); }
.left > * { left: 20px; }
.right > * { right: 20px; }
.launcher {
  max-width: calc(100vw - 40px); min-height: 52px; padding: .7em 1.4em; border-radius: 26px; font-weight: 600;
}
.launcher:not(:focus-visible), .panel { box-shadow: 0 2px 4px #0004, 0 8px 32px #0005; }
.launcher::before {
  content: ""; width: 1.2em; height: 1em; margin-inline-end: .6em; border: 2px solid; border-radius: .4em .4em .4em 0;
}
.panel {
  display: flex; flex-direction: column; overflow: hidden; border: 1px solid var(--line); border-radius: 18px;
  width: min(calc(400px * var(--scale)), calc(100vw - 40px));
  height: min(calc(660px * var(--scale)), calc(var(--height, 100dvh) - 40px)); background: var(--page);
}
.header, .footer, .form, .actions, .suggestions, .rating { display: flex; align-items: center; gap: 8px; }
.form, .actions, .suggestions, .rating { flex-wrap: wrap; }
.header { gap: 0; padding-inline-start: 16px; }
.header p { flex: 1; font-weight: 600; line-height: 1.2; }
.header button, .footer, details, .rating, .notice, #note { font-size: .875em; }
.header button, .footer button { padding: 4px 8px; border-color: transparent; background: none; color: inherit; }
.header :focus-visible { outline-color: var(--on-accent); outline-offset: -4px; box-shadow: none; }
.header .close { font-size: 1.5em; }
.help { max-height: 50%; overflow: auto; padding: 12px 16px; border-bottom: 1px solid var(--line); }
.log {
  position: relative; flex: 1; min-height: 0; padding: 16px 16px 0; overflow: auto; overscroll-behavior: contain;
  overflow-wrap: anywhere;
}
.log:focus-visible, textarea:focus-visible { outline-offset: -3px; box-shadow: none; }
.message { margin-bottom: 16px; }
.message > * + * + * { margin-top: 8px; }
.bubble {
  width: fit-content; padding: .6em .9em; border: 1px solid transparent; border-radius: 4px 16px 16px;
  background: var(--soft);
}
.bubble > * + * { margin-top: .6em; }
.you .bubble { max-width: 86%; margin-inline-start: auto; border-radius: 16px 4px 16px 16px; white-space: pre-wrap; }
.error .bubble, .notice { border-color: var(--line); background: none; }
.notice { padding: .5em .9em; border: 1px solid; border-radius: 8px; }
.head { font-weight: 600; }
ul, ol { padding-inline-start: 1.3em; }
.bubble a { padding-block: 14px; }
blockquote { padding-inline-start: 12px; border-inline-start: 3px solid var(--accent); }
details, .rating, .footer, ::placeholder { color: var(--mute); opacity: 1; }
summary { text-decoration: underline; }
summary::before { content: "+"; flex: none; width: 1.2em; }
[open] > summary::before { content: "–"; }
.source { padding-block: 4px; margin-inline-start: 1.2em; }
label { flex: 1; }
input, textarea { min-height: 44px; padding: .5em .9em; }
input { display: block; width: 100%; margin-top: 4px; }
.form { align-items: end; padding: 8px 12px 4px; border-top: 1px solid var(--line); }
textarea { flex: 1; min-width: 0; max-height: 30vh; resize: none; field-sizing: content; }
#note { flex: 100%; }
#note:empty { display: none; }
.footer { padding: 0 8px 2px; padding-inline-start: 16px; }
.footer button { flex: none; margin-inline-start: auto; }
@media (max-width: 480px) {
  .panel {
    inset: auto 0 var(--below, 0px); width: 100%; height: var(--height, 100dvh); border-width: 0; border-radius: 0;
  }
}
@media (prefers-reduced-motion: no-preference) {
  .panel { animation: rise .16s ease-out; }
  .waiting { animation: wait 1.4s ease-in-out infinite; }
}
@keyframes rise { from { transform: translateY(12px); } }
@keyframes wait { 50% { opacity: .6; } }
@media print { :host { display: none !important; } }
`;

  class FaqChat extends HTMLElement {
    connectedCallback() {
      if (!host) mount(this);
      else if (turns.length && panel) reveal(turns.at(-1).node);
    }

    // Some sites change pages by putting in a new body: the conversation goes on in that one.
    disconnectedCallback() {
      if (this === host) setTimeout(attach);
    }
  }

  const attach = () => {
    if (!host?.isConnected) document.body.append(host || document.createElement('faq-chat'));
  };

  customElements.define('faq-chat', FaqChat);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', attach);
  else attach();
})();
