// Starts the NHS components on a page. Every page works without it.
// The page names their file with its mark, so that a browser which has it does not ask for it again.
const components = document.querySelector('link[rel="modulepreload"]').href;
const { initAll } = await import(components);

document.body.classList.add('js-enabled', 'nhsuk-frontend-supported');
initAll();
