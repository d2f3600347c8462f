// Looks for a check code in the published list, inside this browser. The code is sent nowhere and kept nowhere.

const form = document.getElementById('check');
const field = document.getElementById('check-code');
const group = document.getElementById('check-group');
const error = document.getElementById('check-code-error');
const result = document.getElementById('check-result');

// People read 0 as O and 1 as I or L; a check code never has those letters.
const folded = (typed) => typed.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');

// What a paper reads: "Yes", "1 Amy Osei, 2 Ben Roy", "nobody". The list says what the ids mean and whether they rank.
function words(list, answer) {
  const named = answer.split(' ').filter(Boolean).map((id) => list.options[id]);
  return (list.ranked ? named.map((name, place) => `${place + 1} ${name}`) : named).join(', ') || 'nobody';
}

function say(sentence, kind = 'nhsuk-inset-text') {
  const box = document.createElement('div');
  const words = document.createElement('p');
  box.className = kind;
  words.textContent = sentence;
  box.append(words);
  result.replaceChildren(box);
}

function complain(sentence) {
  error.textContent = sentence;
  error.hidden = !sentence;
  group.classList.toggle('nhsuk-form-group--error', Boolean(sentence));
  field.classList.toggle('nhsuk-input--error', Boolean(sentence));
  field.setAttribute('aria-describedby', sentence ? 'check-code-hint check-code-error' : 'check-code-hint');
  if (sentence) field.focus();
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  result.replaceChildren();
  const code = folded(field.value);
  if (!code) return complain('Enter your check code');
  if (!/^[0-9A-HJKMNP-TV-Z]{16}$/.test(code))
    return complain('Check code must be 16 letters and numbers, like 7213-KT9F-3QXD-5M8W');
  complain('');
  let list;
  try {
    const answer = await fetch(form.dataset.list, { cache: 'no-store', headers: { accept: 'application/json' } });
    if (!answer.ok) throw new Error(answer.statusText);
    list = await answer.json();
  } catch {
    return say('We could not get the published list. Try again.');
  }
  const found = list.papers.find((paper) => paper.code === code);
  const count = list.count.toLocaleString('en-GB');
  if (found) {
    const reads = 'answer' in found ? ` It reads: ${words(list, found.answer)}.` : '';
    return say(`Your vote is one of the ${count} counted.${reads}`);
  }
  return say('No counted vote has this code. We never use the letters I, L, O or U: 1 and 0 are ' +
    'numbers. If you changed your vote, only your newest code works; a vote on paper replaces it. If neither is so, this matters: tell the ' +
    'returning officer and the independent scrutineer.');
});

form.hidden = false;
