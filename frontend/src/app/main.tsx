import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import '@/styles/base.css';
import { startAppearance } from '@/lib/appearance';
import { startI18n } from '@/lib/i18n';
import { App } from './provider';

startAppearance();
void startI18n().then(() => {
  createRoot(document.getElementById('root')!).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
});
