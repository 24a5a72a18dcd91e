import type { DetailedHTMLProps, HTMLAttributes } from 'react';

type MediaElement = DetailedHTMLProps<HTMLAttributes<HTMLElement>, HTMLElement> & Record<string, unknown>;

/** The custom elements of media-chrome that the player uses. */
declare module 'react' {
  // oxlint-disable-next-line typescript/no-namespace -- the only way to name custom elements for JSX
  namespace JSX {
    interface IntrinsicElements {
      'media-controller': MediaElement;
      'media-control-bar': MediaElement;
      'media-play-button': MediaElement;
      'media-seek-backward-button': MediaElement;
      'media-time-range': MediaElement;
      'media-preview-time-display': MediaElement;
      'media-mute-button': MediaElement;
      'media-volume-range': MediaElement;
      'media-pip-button': MediaElement;
      'media-fullscreen-button': MediaElement;
      'media-loading-indicator': MediaElement;
    }
  }
}
