import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const lagoon: MantineColorsTuple = ['#e8f5f5', '#d3e9ea', '#a8d3d6', '#79bcc1', '#55a9af', '#2f8f97', '#17808a', '#0b6a72', '#085a61', '#06484e'];
const slate: MantineColorsTuple = ['#e3e8ea', '#c3cbd0', '#a5b0b6', '#76838a', '#57636a', '#3b464c', '#2b343a', '#14191c', '#0f1315', '#0a0d0f'];

/** The library's `<header>` of a dialog would count as another header of the page. */
const dialog = {
  defaultProps: { attributes: { header: { role: 'presentation' } } },
  styles: { close: { flex: 'none', width: 44, height: 44, marginInlineEnd: -8 }, title: { fontSize: 'var(--mantine-font-size-lg)', fontWeight: 650, lineHeight: 1.3 } },
};

export const theme = createTheme({
  colors: { lagoon, dark: slate },
  primaryColor: 'lagoon',
  primaryShade: { light: 7, dark: 6 },
  respectReducedMotion: true,
  cursorType: 'pointer',
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", sans-serif',
  headings: { fontWeight: '650' },
  components: {
    Button: { defaultProps: { size: 'md' } },
    TextInput: { defaultProps: { size: 'md' } },
    PasswordInput: { defaultProps: { size: 'md' } },
    NativeSelect: { defaultProps: { size: 'md' } },
    Textarea: { defaultProps: { size: 'md' } },
    Checkbox: { defaultProps: { size: 'md' } },
    Modal: dialog,
    Drawer: dialog,
  },
});

/** Where the library's own greys and reds are too pale to be read by everybody (WCAG AA). */
export const readableColours: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--page-ground': '#f4f7f7',
    '--line': '#d9e0e2',
    '--field-line': '#87939a',
    '--mantine-color-text': '#1b2326',
    '--mantine-color-dimmed': '#55626a',
    '--mantine-color-placeholder': '#66737a',
    '--mantine-color-error': '#b42318',
    '--good': '#1c7a43',
    '--caution': '#8a5300',
    '--new-ground': '#fff3d1',
    '--new-text': '#6b4700',
    '--trend': '#0b6a72',
  },
  dark: {
    '--mantine-color-body': '#1c2327',
    '--page-ground': '#12171a',
    '--line': '#343f45',
    '--field-line': '#77858d',
    '--mantine-color-text': '#e3e8ea',
    '--mantine-color-dimmed': '#a5b0b6',
    '--mantine-color-placeholder': '#98a4ab',
    '--mantine-color-error': '#ff9a90',
    '--good': '#6fd397',
    '--caution': '#f3bf67',
    '--new-ground': '#4a3a10',
    '--new-text': '#ffdf8e',
    '--trend': '#79bcc1',
    '--mantine-color-lagoon-light': '#1d4145',
    '--mantine-color-lagoon-light-hover': '#24494e',
    '--mantine-color-lagoon-light-color': '#a3dde1',
    '--mantine-color-default-hover': '#2b353a',
  },
});
