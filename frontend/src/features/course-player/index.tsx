export { default } from '@/components/layout/building';
