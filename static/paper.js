// The paper on the page: the voter's choices, in native controls, for every kind of question that a manifest can ask.
// A choice is in these controls and in this page's memory until it is sealed, and nowhere else. No request is made here.

const joined = (words) => (words.length > 1 ? `${words.slice(0, -1).join(', ')} and ${words.at(-1)}` : words[0]);

const spaced = (words) => words.replace(/\s+/g, ' ').trim(); // as a page shows it

function made(tag, text = '', className = '') {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
}

// ---- One answer (radios), several or any number (checkboxes) ----

class Ticked {
  constructor(group, question) {
    this.question = question;
    this.controls = [...group.querySelectorAll('[data-option]')];
    this.told = group.querySelector('[role="status"]');
    if (this.told) group.addEventListener('change', () => this.tell());
  }

  get chosen() {
    return this.controls.filter((control) => control.checked).map((control) => control.dataset.option);
  }

  tell() {
    const { length } = this.chosen;
    const { max, options } = this.question;
    const bound = max < options.length;
    const over = length > max ? ` That is ${length - max} too many.` : '';
    this.told.textContent = length ? `You have chosen ${length}${bound && !over ? ` of up to ${max}` : ''}.${over}` : '';
  }

  clear() {
    if (this.told) this.told.textContent = '';
  }
}

// ---- An order of choice: a number for each, with buttons to move up and down ----
// Numbers never have gaps: the next number is offered when those before it are used. A number that is used already
// makes room, as in a list: whoever had it, and everybody after, moves down by one. The page says so each time.

class Ranked {
  constructor(group, question) {
    this.question = question;
    this.controls = [...group.querySelectorAll('[data-option]')];
    this.told = group.querySelector('[role="status"]');
    this.list = group.querySelector('.pilot-order');
    this.empty = group.querySelector('.pilot-order-empty');
    this.none = group.querySelector('.pilot-none');
    this.none.addEventListener('click', () => this.takeAway());
    this.names = new Map(question.options.map((option) => [option.id, option.text]));
    this.buttons = new Map(this.controls.map((control) => [control.dataset.option, this.furnish(control)]));
    this.clear();
  }

  furnish(control) {
    const id = control.dataset.option;
    control.addEventListener('change', () => this.move(id, Number(control.value) - 1));
    const [up, down] = ['Up', 'Down'].map((word) => {
      const button = made('button', word, 'nhsuk-button nhsuk-button--secondary nhsuk-button--small');
      button.type = 'button';
      button.append(made('span', ` ${this.names.get(id)}`, 'nhsuk-u-visually-hidden'));
      return button;
    });
    up.addEventListener('click', () => this.step(id, -1));
    down.addEventListener('click', () => this.step(id, 1));
    control.after(up, down);
    return { up, down };
  }

  get chosen() {
    return [...this.order];
  }

  get full() {
    return this.order.length >= this.question.max;
  }

  // Why a button can do nothing now, or nothing when it can.
  refusal(id, by) {
    const place = this.order.indexOf(id);
    const name = this.names.get(id);
    if (place < 0 && by > 0) return `${name} has no number yet. Up makes this your next choice.`;
    if (place < 0 && this.full) return `You have used all ${this.question.max} numbers. Take one away first.`;
    if (place === 0 && by < 0) return `${name} is already your choice number 1.`;
    if (place >= 0 && place + by === this.order.length)
      return `${name} is already your last choice. Choose “No preference” to take the number away.`;
    return '';
  }

  step(id, by) {
    const place = this.order.indexOf(id);
    const refusal = this.refusal(id, by);
    if (refusal) this.say(refusal);
    else this.move(id, place < 0 ? this.order.length : place + by);
  }

  move(id, to) {
    const before = this.order;
    this.order = before.filter((other) => other !== id);
    if (to >= 0) this.order.splice(to, 0, id);
    this.refresh();
    this.say(this.what(id, before));
  }

  // What has just happened to this one, and to everybody who made room or moved up.
  what(id, before) {
    const number = (other) => this.order.indexOf(other) + 1;
    const mine = number(id);
    const name = this.names.get(id);
    const moved = before.filter((other) => other !== id && number(other) !== before.indexOf(other) + 1);
    const words = [mine ? `${name} is now your choice number ${mine}.` : `${name} has no number now.`];
    if (moved.length > 2) {
      const down = number(moved[0]) > before.indexOf(moved[0]) + 1;
      words.push(`${moved.length} others moved ${down ? 'down' : 'up'} by one.`);
    } else if (moved.length) {
      words.push(`${joined(moved.map((other) => `${this.names.get(other)} is now number ${number(other)}`))}.`);
    }
    if (mine && !before.includes(id) && this.full && this.controls.length > this.order.length)
      words.push(`You have used all ${this.question.max} numbers.`);
    return words.join(' ');
  }

  takeAway() {
    this.clear();
    this.say('Nobody has a number now.');
    this.controls[0].focus(); // the button has gone
  }

  say(sentence) {
    this.told.replaceChildren(sentence);
  }

  // The controls show the order; each offers the numbers that leave no gap.
  refresh() {
    for (const control of this.controls) {
      const id = control.dataset.option;
      const place = this.order.indexOf(id);
      const last = Math.min(this.order.length + (place < 0 ? 1 : 0), this.question.max);
      const offered = place < 0 && this.full ? 0 : last;
      while (control.length - 1 > offered) control.remove(control.length - 1);
      while (control.length - 1 < offered) control.add(new Option(control.length, control.length));
      control.selectedIndex = place + 1;
      control.parentElement.classList.toggle('pilot-rank--chosen', place >= 0);
      const { up, down } = this.buttons.get(id);
      up.setAttribute('aria-disabled', Boolean(this.refusal(id, -1)));
      down.setAttribute('aria-disabled', Boolean(this.refusal(id, 1)));
    }
    this.list.replaceChildren(...this.order.map((id) => made('li', this.names.get(id))));
    this.empty.hidden = this.order.length > 0;
    this.none.hidden = this.order.length < 2; // one is taken away with its own control
  }

  clear() {
    this.order = [];
    this.told.textContent = '';
    this.refresh();
  }
}

// ---- One question with its errors ----

class Asked {
  constructor(group, question) {
    this.group = group;
    this.question = question;
    this.set = group.querySelector('fieldset');
    this.error = group.querySelector('.nhsuk-error-message');
    this.nobody = group.querySelector('[data-nobody]');
    this.choice = new (question.ranked ? Ranked : Ticked)(group, question);
  }

  // The answer as it stands in a paper: an order of choice is the voter's, any other is the question's.
  get answer() {
    return this.choice.chosen;
  }

  // What is wrong, as a sentence and the control that it is about; nothing when all is well.
  problem() {
    const { length } = this.answer;
    const { min, max } = this.question;
    const first = this.choice.controls[0].id;
    if (this.nobody?.checked && length)
      return { sentence: `Untick “${this.nobody.labels[0].textContent}”, or take your choices away`, id: this.nobody.id };
    if (length > max) return { sentence: `You have chosen ${length}. Choose no more than ${max}`, id: first };
    const passed = this.nobody?.checked || 'optional' in this.group.dataset; // a survey's question may be passed over
    if (length < min || (!length && !passed)) return { sentence: this.group.dataset.missing, id: first };
    return null;
  }

  // Marks or clears the error at the question itself.
  mark(problem) {
    this.group.classList.toggle('nhsuk-form-group--error', Boolean(problem));
    this.error.hidden = !problem;
    this.error.lastElementChild.textContent = problem?.sentence ?? '';
    const described = [this.set.dataset.hint, problem && this.error.id].filter(Boolean).join(' ');
    if (described) this.set.setAttribute('aria-describedby', described);
    else this.set.removeAttribute('aria-describedby');
  }

  // The choice in words, for the voter to check.
  words() {
    const { ranked, max } = this.question;
    const names = this.answer.map((id) => this.question.options.find((option) => option.id === id).text);
    if (!names.length) return [this.group.dataset.blank];
    if (max === 1 && !ranked) return names;
    const list = made(ranked ? 'ol' : 'ul', '', `nhsuk-list nhsuk-list--${ranked ? 'number' : 'bullet'}`);
    list.append(...names.map((name) => made('li', name)));
    const left = this.question.options.length - names.length;
    return ranked && left ? [list, made('p', `You gave no number to ${left} other${left > 1 ? 's' : ''}.`)] : [list];
  }
}

// ---- The whole paper ----

export class Paper {
  constructor(form, questions) {
    this.form = form;
    this.groups = [...form.querySelectorAll('[data-question]')];
    this.questions = questions;
  }

  // Whether the page asks exactly what the trustees signed: the same questions, options and words, in the same order.
  agrees() {
    const asked = [...this.form.querySelectorAll('[data-asked]')].map((element) => element.textContent);
    const shown = this.groups.map((group) =>
      [...group.querySelectorAll('[data-option]')].map(({ dataset, labels }) => [dataset.option, labels[0].textContent]));
    const signed = this.questions.map(({ options }) => options.map(({ id, text }) => [id, text]));
    const plain = (words) => JSON.stringify(words, (_, word) => (typeof word === 'string' ? spaced(word) : word));
    return plain([asked, shown]) === plain([this.questions.map(({ text }) => text), signed]);
  }

  begin() {
    this.form.reset();
    this.asked = this.groups.map((group, place) => new Asked(group, this.questions[place]));
  }

  get answers() {
    return this.asked.map((asked) => asked.answer);
  }

  // The problems of all questions, marked at each; an empty list when the paper can be sealed.
  problems() {
    const found = this.asked.map((asked) => asked.problem());
    this.asked.forEach((asked, place) => asked.mark(found[place]));
    return found.filter(Boolean);
  }

  // Writes each choice in words into its place on the check page.
  show(places) {
    this.asked.forEach((asked, number) => places[number].replaceChildren(...asked.words()));
  }

  // Nothing of a vote stays on the page.
  clear(places) {
    this.form.reset();
    for (const asked of this.asked) asked.choice.clear();
    for (const place of places) place.replaceChildren();
  }
}
