/*
 * The clinic's FAQ chat for any web page:
 *
 *   <script async src="https://HOST/widget.js"></script>
 *
 * One custom element, <faq-chat>, with everything inside its shadow root. Until a visitor opens it, it is one
 * button: nothing is stored, and nothing requested but words in another language where a page asks for them. It
 * sets no cookie; a conversation is kept in this tab only.
 * Placed by hand as <faq-chat inline></faq-chat> it is a part of the page, without a button; what stands between
 * the tags is for browsers without JavaScript.
 * It is one long file, so that a page needs one tag and nobody a build step.
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
 *   data-lang       the language of the fixed words, en or es; without it, the page's
 *   data-font-scale 1.25 makes everything a quarter larger
 *   data-open       "true" opens it when the page has loaded, without taking the focus
 *   data-history    tab (the same as session: kept until the tab closes) or none; data-persist="none" does the same
 *   data-suggest    "none" sends nothing before the visitor does: no questions are suggested while typing
 *   data-exit       where "Quick exit" leads
 *   data-site       the clinic that the page is of, where the server answers for several
 *   data-text-…     any of the WORDS below, for instance data-text-send="Go"
 *   src             (faqChatSettings only) the widget's address, where a bundler hides it
 *
 * For the page's own scripts there are, from faq-chat:ready on, faqChat.open(), .close(), .reset() and
 * .ask("How long does it last?"), and the events faq-chat:ready, :open, :close, :answer {id} and
 * :feedback {id, helpful}, which bubble to the document and never carry what anybody typed or read.
 * For its styles there are --faq-chat-color, -font, -radius, -width, -height, -inset and -z, and each class below
 * is a ::part() of the same name. All of this with examples: docs/widget.md.
 */
(() => {
  'use strict';
  const script = /** @type {HTMLScriptElement[]} */ (
    [document.currentScript, document.querySelector('script[src*="/widget."]')]).find((tag) => tag?.src);
  if (customElements.get('faq-chat')) return;
  const given = { ...window['faqChatSettings'], ...script?.dataset };
  const home = new URL(script?.src || given.src || '', location.href);
  if (given.site && !home.pathname.includes(`/s/${given.site}/`)) {
    // The clinic's own widget, with its own words: nothing of this one is shown.
    const own = Object.assign(document.createElement('script'), {
      async: true, nonce: script?.nonce, src: new URL(`s/${encodeURIComponent(given.site)}/widget.js`, home) });
    Object.assign(own.dataset, script?.dataset);
    document.head.append(own);
    return;
  }

  // ---- What visitors see and read: change the color and the words here, and nowhere else. --------------------

  const COLOR = '#0b5c63';
  const EXIT = 'https://www.weather.gov/';
  const WORDS = {
    hello: '', // in place of the greeting
    label: 'Questions? Ask us',
    title: 'Clinic assistant',
    you: 'You:',
    bot: 'Clinic assistant:',
    log: 'Conversation',
    input: 'Your question',
    send: 'Send',
    help: 'Help lines',
    hours: 'Office hours: {hours}',
    exit: 'Quick exit',
    close: 'Close',
    reset: 'Start over',
    copy: 'Copy',
    copied: 'Copied.',
    hints: 'Suggested questions: {n}. The arrow keys choose.',
    more: 'Read on',
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
    kept: 'Your message is still here and will be sent again.',
    retry: 'Try again',
    left: 'Characters left: {n}',
    over: 'Too long. Please take out {n} characters.',
  };
  // What the visitor is given although no request has been made, and whatever fails later. The server puts in its
  // own greeting, help lines, contact and office hours when it serves this file, and where the WORDS in other
  // languages are.
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
    hours: '',
    words: {},
  };

  const LIMIT = 1000; // characters the server reads
  const LONG = 1000; // characters of an answer that is folded
  const PATIENCE_MS = 10000;
  const STORAGE_KEY = 'faq-chat';
  const RATED = ['answer', 'no_answer'];

  // ---- Settings ----------------------------------------------------------------------------------------------

  const OPTIONS = ['color', 'exit', 'fontScale', 'greeting', 'history', 'label', 'lang', 'open', 'persist',
    'position', 'site', 'src', 'suggest', 'theme', 'topic'];
  const words = { ...WORDS };
  let options = {};
  let lang = 'en';

  const readSettings = async (element) => {
    options = { ...window['faqChatSettings'], ...script?.dataset, ...element?.dataset };
    // The page's language counts where there are words for it; what the site asks for counts in any case.
    const spoken = (tag) => SERVED.words[tag?.split('-')[0].toLowerCase()];
    const page = (element || document.body).closest('[lang]')?.lang;
    lang = options.lang || (spoken(page) ? page : 'en');
    // The one request before the visitor opens the chat. Where it fails or takes long, the words stay English.
    const file = spoken(lang);
    const found = file && await call(file, undefined, AbortSignal.timeout(3000)).catch(() => null);
    if (found) Object.assign(words, found);
    else if (file) lang = 'en';
    const unknown = [];
    for (const [name, value] of Object.entries(options)) {
      const word = name.replace(/^text(.)/, (_, first) => first.toLowerCase());
      if (word !== name && Object.hasOwn(WORDS, word)) words[word] = value;
      else if (!OPTIONS.includes(name)) unknown.push(name);
    }
    if (unknown[0]) console.warn(`faq-chat: no such setting: ${unknown}. There are ${OPTIONS} and text…`);
    words.label = options.label || words.label;
  };

  const address = (path) => new URL(`api/v1/${path}`, new URL(options.src || script?.src || '', location.href));

  // ---- Small builders: the only ways to make a node ----------------------------------------------------------

  const el = (tag, props, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (name in node) node[name] = value;
      else node.setAttribute(name, value);
    }
    if (node.className) node.part = node.className;
    node.append(...children.filter(Boolean));
    return node;
  };

  const button = (className, text, onclick) => el('button', { type: 'button', className, onclick }, text);

  const link = ({ href, label }, className = '') => {
    if (!/^(https?|tel|sms|mailto):/i.test(href)) return label;
    const target = /^http/i.test(href) ? '_blank' : '';
    return el('a', { href, className, target, rel: 'noopener noreferrer' }, label);
  };

  const row = (className, nodes) => nodes[0] && el('div', { className }, ...nodes);

  // Where the clinic's own number stands, so do the hours in which somebody picks up.
  const isClinic = ({ href }) => SERVED.hours && SERVED.contact.some((contact) => contact.href === href);
  const actionRow = (actions) => row('actions', [
    ...actions.map((action) => link(action, 'action')),
    actions.some(isClinic) && el('p', { className: 'hours' }, words.hours.replace('{hours}', SERVED.hours)),
  ]);

  // The server's HTML is already sanitised; it is still not parsed by the browser, but rebuilt from the few tags
  // that answers are made of. So nothing in it can run, also where a page enforces Trusted Types.
  const TAGS = ['p', 'br', 'strong', 'em', 'ul', 'ol', 'li', 'blockquote', 'code', 'h3', 'h4'];
  const SIGNS = { amp: '&', lt: '<', gt: '>', quot: '"', nbsp: '\u00a0', '#39': "'" };
  const plain = (text) => text.replace(/&(#?\w+);/g, (sign, name) => SIGNS[name] || sign);

  const rich = (html) => {
    const open = [el('div', { className: 'bubble', dir: 'auto', lang: 'en' })];
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
    const date = updated && new Date(updated).toLocaleDateString(lang, { dateStyle: 'medium', timeZone: 'UTC' });
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

  // Hidden from the eye only: a screen reader is told a long answer whole. Help is never folded.
  const fold = (bubble) => {
    bubble.classList.add('folded');
    bubble.tabIndex = -1;
    const more = button('more', words.more, () => bubble.focus());
    bubble.addEventListener('focusin', () => {
      bubble.classList.remove('folded');
      more.remove();
    });
    return more;
  };

  const replyNode = (reply) => {
    const bubble = rich(reply.html);
    const isLong = bubble.textContent.length > LONG && reply.kind !== 'crisis';
    return message(`bot ${reply.kind}`, bubble, isLong && fold(bubble), ...additions(reply));
  };

  const additions = (reply) => [
    reply.notice && el('p', { className: 'notice' }, reply.notice),
    actionRow(reply.actions),
    sourcesNode(reply.sources),
    RATED.includes(reply.kind) && !reply.rated && ratingNode(reply),
    suggestionRow(reply.suggestions),
  ];

  const greetingNode = () => {
    const bubble = words.hello ? el('p', { className: 'bubble' }, words.hello) : rich(SERVED.greeting.html);
    bubble.id = 'greeting';
    if (options.greeting) bubble.prepend(el('p', null, options.greeting));
    const contact = words.hello && actionRow(SERVED.contact);
    return message('bot', bubble, contact, suggestionRow(SERVED.greeting.suggestions));
  };

  // ---- The conversation: turns of {text, at, reply, node}, answered one after the other -----------------------

  let turns = [];
  let context; // what the last reply wants back with the next message
  let request, nextTry;
  let error, failing; // what is said of a failure, and of which turn
  let failures = 0;

  const storage = () => (options.history === 'none' || options.persist === 'none' ? null : sessionStorage);

  // A browser may refuse storage at any time; the chat then lasts as long as the page.
  const remember = () => {
    const kept = turns.slice(-50).map(({ text, at, reply }) => ({ text, at, reply }));
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
    clearTimeout(nextTry);
    request = error = failing = context = undefined;
    failures = 0;
    turns = [];
    try {
      sessionStorage.removeItem(STORAGE_KEY);
    } catch {}
  };

  const call = async (path, body, signal) => {
    const url = address(path);
    const response = await fetch(url, {
      method: body ? 'POST' : 'GET',
      headers: body && { 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      signal,
    }).catch((problem) => {
      if (!signal?.aborted && navigator.onLine) explainRefusal(url);
      throw problem;
    });
    if (response.status === 204) return null;
    const answer = await response.json();
    if (response.ok) return answer;
    throw {
      text: answer.text,
      isFinal: [400, 413, 422].includes(response.status),
      seconds: response.headers.get('Retry-After'),
    };
  };

  let isRefusalExplained = false;

  // A browser does not tell a refused origin from a server that is down: the two lines to look at are named, once.
  const explainRefusal = ({ origin }) => {
    const here = location.origin;
    if (isRefusalExplained || origin === here) return;
    isRefusalExplained = true;
    console.error(`faq-chat: no answer from ${origin}. Does its CHATBOT_ALLOWED_ORIGINS name ${here}? `
      + `Does the connect-src of this page's policy name ${origin}?`);
  };

  const dropSuggestions = () => log.querySelectorAll('.suggestions').forEach((old) => old.remove());

  const show = (turn) => {
    dropSuggestions();
    const time = new Date(turn.at);
    turn.node = message('you', el('p', { className: 'bubble', dir: 'auto' }, turn.text),
      el('time', { dateTime: time.toJSON(), title: time.toLocaleString(lang) }));
    log.append(turn.node);
    if (turn.reply) turn.node.after(replyNode(turn.reply));
  };

  // The newest answer is read from its start, with its question above it.
  const reveal = (question, answer = question) => {
    log.scrollTop = Math.max(question.offsetTop - 12, answer.offsetTop - Math.min(120, log.clientHeight / 2));
  };

  // How long ago; nothing within the first minute, so that the log does not read out "now" with each message.
  /** @type {[Intl.RelativeTimeFormatUnit, number][]} */
  const AGES = [['day', 864e5], ['hour', 36e5], ['minute', 6e4]];
  let format; // made when it is needed: on a slow phone that takes longer than all of the chat
  const tellTimes = () => {
    for (const { at, node } of turns) {
      const age = Date.now() - at;
      const [unit, length] = AGES.find(([, ms]) => age >= ms) || [];
      if (!unit) continue;
      format ||= new Intl.RelativeTimeFormat(lang, { numeric: 'auto' });
      node.querySelector('time').textContent = format.format(-Math.floor(age / length), unit);
    }
  };

  const asText = () => turns.map(({ text, reply }) => [
    `${words.you} ${text}`,
    ...reply ? [`${words.bot} ${reply.text}`, ...reply.sources.map(({ title, url }) => url || title)] : [],
  ].join('\n')).join('\n\n');

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(asText());
    } catch {
      // Without TLS, or in a frame, there is no clipboard but the old one: it copies what a field has selected.
      const typed = input.value;
      input.value = asText();
      input.select();
      document.execCommand('copy');
      input.value = typed;
    }
    note.textContent = words.copied;
  };

  const ask = (text) => {
    const turn = { text, at: Date.now() };
    clearError();
    show(turn);
    turns.push(turn);
    remember();
    reveal(turn.node);
    answerNext();
  };

  const answerNext = async () => {
    const turn = turns.find(({ reply }) => !reply);
    if (request || !turn) return;
    clearTimeout(nextTry);
    const mine = (request = new AbortController());
    const waiting = message('bot', el('p', { className: 'bubble waiting' }, words.wait));
    const timers = [
      setTimeout(() => failing === turn || turn.node.after(waiting), 1000),
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
    clearError();
    failures = 0;
    context = turn.reply.context;
    remember();
    // After its own question, wherever that stands by now: never under a newer one.
    turn.node.after(node);
    reveal(turn.node, node);
    emit('answer', { id: turn.reply.id });
    answerNext();
  };

  const clearError = () => {
    error?.remove();
    error = failing = undefined;
    input.setAttribute('aria-describedby', 'note');
  };

  // A message that failed stays where it is and goes first with the next try, which comes by itself, later each
  // time; one that was refused is done with.
  const explain = (turn, { text, isFinal, seconds }) => {
    const pause = Math.max(seconds || 0, Math.min(60, 2 ** (++failures + 1)));
    if (isFinal) turns.splice(turns.indexOf(turn), 1);
    else nextTry = setTimeout(answerNext, pause * 1000 * (1 + Math.random() / 4));
    if (failing === turn && !isFinal) return; // has been said
    clearError();
    failing = turn;
    const again = () => {
      clearError();
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

  let host, root, launcher, panel, log, input, note;

  const emit = (name, detail) =>
    host.dispatchEvent(new CustomEvent(`faq-chat:${name}`, { bubbles: true, detail }));

  const isEnter = (event) => event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229;

  const spare = () => LIMIT - [...input.value.trim()].length;

  const count = () => {
    const left = spare();
    const text = left < 0 ? words.over : left < 100 ? words.left : '';
    note.textContent = text.replace('{n}', `${Math.abs(left)}`);
    input.setAttribute('aria-invalid', left < 0);
  };

  const submit = () => {
    const text = input.value.trim();
    input.focus();
    dropHints();
    if (text && spare() >= 0) {
      input.value = '';
      ask(text);
    }
    count();
  };

  const form = () => {
    let pause;
    input = el('textarea', {
      id: 'input', rows: 1, placeholder: words.input, enterKeyHint: 'send', autocomplete: 'off',
      'aria-describedby': 'note', 'aria-autocomplete': 'list', 'aria-controls': 'hints', 'aria-haspopup': 'listbox',
      onblur: () => dropHints(),
      onkeydown: (event) => {
        if (steer(event)) return event.preventDefault();
        if (!isEnter(event)) return;
        event.preventDefault();
        submit();
      },
      // A screen reader must not read out a new number at every key.
      oninput: () => {
        dropHints();
        clearTimeout(pause);
        pause = setTimeout(() => {
          count();
          offerHints();
        }, 300);
      },
    });
    note = el('p', { id: 'note', role: 'status' });
    hints = el('div', { id: 'hints', className: 'hints', role: 'listbox', 'aria-label': words.input, hidden: true });
    hinted = el('p', { className: 'unseen', role: 'status' });
    return el('div', { className: 'form' }, hints, hinted,
      el('label', { htmlFor: 'input', className: 'unseen' }, words.input),
      input, button('send', words.send, submit), note);
  };

  // ---- Questions suggested while typing: a list that the arrow keys reach and the focus never enters -----------

  let hints, hinted, hinting;
  let chosen = -1;

  const choose = (index) => {
    chosen = index;
    [...hints.children].forEach((hint, i) => hint.setAttribute('aria-selected', i === index));
    hints.children[index]?.scrollIntoView({ block: 'nearest' });
    if (index < 0) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', `hint${index}`);
  };

  const dropHints = () => {
    hinting?.abort();
    hints.hidden = true;
    hinted.textContent = '';
    choose(-1);
  };

  const takeHint = (question) => {
    input.value = question;
    submit();
  };

  const offerHints = async () => {
    const text = input.value.trim();
    if (options.suggest === 'none' || text.length < 3 || spare() < 0) return;
    const mine = (hinting = new AbortController());
    const topics = await call('suggest', { text }, mine.signal).catch(() => []);
    if (mine.signal.aborted || !topics[0]) return;
    hints.replaceChildren(...topics.slice(0, 4).map(({ question }, index) => el('div', {
      id: `hint${index}`, className: 'hint', role: 'option',
      onmousedown: (event) => event.preventDefault(), // keeps the focus, and with it the list, where it is
      onclick: () => takeHint(question),
    }, question)));
    hints.hidden = false;
    choose(-1);
    hinted.textContent = words.hints.replace('{n}', `${hints.children.length}`);
  };

  // Whether a key was meant for the list. One step beyond either end stands what was typed.
  const steer = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const places = hints.children.length + 1;
    if (hints.hidden || event.isComposing) return false;
    if (step) choose(((chosen + 1 + step + places) % places) - 1);
    else if (event.key === 'Escape') dropHints();
    else if (isEnter(event) && chosen >= 0) takeHint(hints.children[chosen].textContent);
    else return false;
    return true;
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
    log = el('div', {
      className: 'log', role: 'log', tabIndex: 0, 'aria-label': words.log, 'aria-relevant': 'additions',
    });
    const help = el('div', { className: 'help', hidden: true }, actionRow(SERVED.help));
    const contact = SERVED.contact.slice(0, 1).map((action) => link(action));
    const footer = el('div', { className: 'footer' }, ...contact,
      button('copy', words.copy, copy), button('reset', words.reset, reset));
    const role = isInline() ? 'group' : 'dialog';
    panel = el('div', { className: 'panel', role, 'aria-label': words.title, 'aria-describedby': 'greeting' },
      header(help), help, log, form(), footer);

    // What is typed here is nobody else's: the page's shortcuts and listeners do not get it.
    for (const type of ['keydown', 'keyup', 'keypress', 'beforeinput', 'input', 'paste']) {
      panel.addEventListener(type, (event) => event.stopPropagation());
    }
    panel.addEventListener('keydown', (event) => event.key === 'Escape' && !event.isComposing
      && !event.defaultPrevented && close());
    document.addEventListener('keydown', closeFromPage);
    for (const type of ['resize', 'scroll']) visualViewport.addEventListener(type, fit);
    addEventListener('online', answerNext);
    setInterval(tellTimes, 6e4);

    log.append(greetingNode());
    recall();
    root.append(panel);
    tellTimes();
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

  const isInline = () => host.hasAttribute('inline');
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
    if (!isOpen() || isInline()) return;
    const wasInside = host.shadowRoot.activeElement;
    toggle(false);
    if (wasInside) launcher.focus({ preventScroll: true });
  };

  const reset = () => {
    forget();
    if (!panel) return;
    input.value = note.textContent = '';
    dropHints();
    log.replaceChildren(greetingNode());
    input.setAttribute('aria-describedby', 'note');
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

  // A control of the page that the keyboard reaches must not lie under the chat: the chat changes sides.
  const dodge = ({ target }) => target !== host && !isInline() && requestAnimationFrame(() => {
    const { left, top, width, height } = target.getBoundingClientRect();
    if (document.elementFromPoint(left + width / 2, top + height / 2) !== host) return;
    for (const side of ['left', 'right']) root.classList.toggle(side);
  });

  const make = () => {
    launcher = button('launcher', words.label, () => open());
    launcher.setAttribute('aria-expanded', false);
    launcher.setAttribute('aria-haspopup', 'dialog');
    root = el('section', { dir: document.dir || document.body?.dir || 'ltr', lang, 'aria-label': words.title }, launcher);
    if (CSS.supports('color', options.color)) root.style.setProperty('--accent', options.color);
    if (options.theme) root.style.colorScheme = options.theme;
    if (options.fontScale) root.style.setProperty('--scale', options.fontScale);
    document.addEventListener('focusin', dodge);
    window['faqChat'] = { open, close, reset, ask: askFromPage };
  };

  // Puts the chat into `element`: the first time, or in place of one that the page has thrown away or passed over.
  const settle = (element) => {
    const isFirst = !host;
    const wasInline = host && isInline();
    host = element;
    if (isFirst) make();
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    const shadow = host.shadowRoot || host.attachShadow({ mode: 'open' });
    shadow.adoptedStyleSheets = [style];
    shadow.append(root);
    root.className = isInline() ? 'inline' : options.position || (root.dir === 'rtl' ? 'left' : 'right');
    panel?.setAttribute('role', isInline() ? 'group' : 'dialog');
    if (isFirst) emit('ready');
    if (isInline() || (isFirst && String(options.open) === 'true')) open({ focus: false });
    else if (wasInline) toggle(false);
    if (turns.length && panel) reveal(turns.at(-1).node);
  };

  // Everything but the accent is mixed from the two colors that the visitor's light or dark scheme gives. On the accent
  // stands black or white, whichever reads better: they change places at the lightness of 49.44, where both have a
  // contrast of 4.6 (WCAG 2); a browser that cannot tell gets our own accent. Every surface has a border, if only a
  // transparent one: it shows in forced colors, where backgrounds go.
  const STYLE = `
:host { all: initial !important; position: fixed !important; z-index: var(--faq-chat-z, 2147483647) !important; }
:host([inline]) { display: block !important; position: relative !important; z-index: auto !important; }
section {
  --accent: var(--faq-chat-color, ${COLOR}); --edge: var(--faq-chat-inset, 20px); --scale: 1;
  --page: Canvas; --ink: color-mix(in srgb, CanvasText 88%, Canvas);
  --mute: color-mix(in srgb, CanvasText 70%, Canvas); --line: color-mix(in srgb, CanvasText 50%, Canvas);
  --on-accent: lch(from var(--accent) calc((49.44 - l) * infinity) 0 0);
  --soft: color-mix(in srgb, var(--accent) 5%, color-mix(in srgb, CanvasText 3%, Canvas));
  color-scheme: light dark; color: var(--ink); text-align: start; -webkit-text-size-adjust: 100%;
  font: calc(16px * var(--scale)) / 1.5 var(--faq-chat-font, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif);
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
button, .action {
  justify-content: center; padding: .4em 1em; text-align: start; text-decoration: none; text-wrap: balance;
}
.action { border: 1px solid var(--line); border-radius: 22px; }
button:hover, .action:hover { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--ink); outline-offset: 2px; box-shadow: 0 0 0 7px var(--page); }
.launcher, .send, .header, .you .bubble, .retry, .crisis .action:first-child {
  border: 1px solid transparent; background: var(--accent); color: var(--on-accent);
}
.launcher, .panel { position: fixed; bottom: calc(var(--edge) + var(--below, 0px)); }
.left > * { left: var(--edge); }
.right > * { right: var(--edge); }
.launcher {
  max-width: calc(100vw - 2 * var(--edge)); min-height: 52px; padding: .7em 1.4em; border-radius: 26px; font-weight: 600;
}
.launcher:not(:focus-visible), .panel { box-shadow: 0 2px 4px #0004, 0 8px 32px #0005; }
.launcher::before {
  content: ""; width: 1.2em; height: 1em; margin-inline-end: .6em; border: 2px solid; border-radius: .4em .4em .4em 0;
}
.panel {
  display: flex; flex-direction: column; overflow: hidden; border: 1px solid var(--line);
  border-radius: var(--faq-chat-radius, 18px); background: var(--page);
  width: min(calc(var(--faq-chat-width, 400px) * var(--scale)), calc(100vw - 2 * var(--edge)));
  height: min(calc(var(--faq-chat-height, 660px) * var(--scale)), calc(var(--height, 100dvh) - 2 * var(--edge)));
}
.header, .footer, .form, .actions, .suggestions, .rating { display: flex; align-items: center; gap: 8px; }
.form, .actions, .suggestions, .rating { flex-wrap: wrap; }
.header { gap: 0; padding-inline-start: 16px; }
.header p { flex: 1; font-weight: 600; line-height: 1.2; }
.header button, .footer, details, .rating, .notice, .hours, time, #note { font-size: .875em; }
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
.folded { max-height: 17em; overflow: hidden; mask: linear-gradient(#000 75%, #0000); }
time { display: block; text-align: end; }
time:empty, .log:not(:has(.you)) ~ .footer .copy { display: none; }
.you .bubble { max-width: 86%; margin-inline-start: auto; border-radius: 16px 4px 16px 16px; white-space: pre-wrap; }
.error .bubble, .notice { border-color: var(--line); background: none; }
.notice { padding: .5em .9em; border: 1px solid; border-radius: 8px; }
.head { font-weight: 600; }
ul, ol { padding-inline-start: 1.3em; }
.bubble a { padding-block: 14px; }
blockquote { padding-inline-start: 12px; border-inline-start: 3px solid var(--accent); }
details, .rating, .footer, .hours, time, ::placeholder { color: var(--mute); opacity: 1; }
summary { text-decoration: underline; }
summary::before { content: "+"; flex: none; width: 1.2em; }
[open] > summary::before { content: "–"; }
.source { padding-block: 4px; margin-inline-start: 1.2em; }
label { flex: 1; }
input, textarea { min-height: 44px; padding: .5em .9em; }
input { display: block; width: 100%; margin-top: 4px; }
.hints {
  position: absolute; bottom: 100%; inset-inline: 0; max-height: min(40vh, 240px); overflow: auto; padding: 4px;
  border-top: 1px solid var(--line); background: var(--page); box-shadow: 0 -4px 12px #0002;
}
.hint { display: flex; align-items: center; min-height: 44px; padding: 4px 12px; border-radius: 8px; cursor: pointer; }
.hint:hover, [aria-selected=true] { outline: 2px solid var(--accent); outline-offset: -2px; background: var(--soft); }
.form { position: relative; align-items: end; padding: 8px 12px 4px; border-top: 1px solid var(--line); }
textarea { flex: 1; min-width: 0; max-height: 30vh; resize: none; field-sizing: content; }
#note { flex: 100%; }
#note:empty { display: none; }
.footer { gap: 0; justify-content: end; padding: 0 8px 2px; padding-inline-start: 14px; }
.footer * { flex: none; }
.footer a { margin-inline-end: auto; }
@media (max-width: 480px) {
  .panel {
    inset: auto 0 var(--below, 0px); width: 100%; height: var(--height, 100dvh); border-width: 0; border-radius: 0;
  }
}
.inline .panel {
  position: static; width: 100%; height: var(--faq-chat-height, 600px); border-width: 1px; box-shadow: none;
  border-radius: var(--faq-chat-radius, 18px); animation: none;
}
.inline .close { display: none; }
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
      if (!host?.isConnected || (this !== host && this.hasAttribute('inline'))) settle(this);
    }

    // Some sites change pages by putting in a new body: the conversation goes on in that one.
    disconnectedCallback() {
      if (this === host) setTimeout(attach);
    }
  }

  const attach = () => {
    if (!host?.isConnected) document.body.append(host && !isInline() ? host : document.createElement('faq-chat'));
  };

  const start = async () => {
    await readSettings(document.querySelector('faq-chat'));
    if (customElements.get('faq-chat')) return; // this file is twice on the page
    customElements.define('faq-chat', FaqChat);
    attach();
  };

  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})();
