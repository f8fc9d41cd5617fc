/** The button that opens the traffic panel; it may stand anywhere on the page, and any number of times. */
import { h, icon } from './dom.js';

export const TOGGLE = 'button[data-panel-toggle]';

export const panelButton = () =>
  h(
    'button',
    {
      type: 'button',
      class: 'panel-toggle',
      'aria-expanded': String(document.body.classList.contains('panel-open')),
      'aria-controls': 'panel',
      data: { panelToggle: '' },
    },
    icon('pulse'),
    h('span', null, 'Traffic'),
  );
