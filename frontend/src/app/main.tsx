import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@/styles/base.css';
import { startAppearance } from '@/lib/appearance';
import { startI18n } from '@/lib/i18n';
import { App, prepare } from './provider';

startAppearance();
const texts = startI18n();
prepare();
void texts.then(() => {
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
});
