import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import jsxA11y from 'eslint-plugin-jsx-a11y';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** Which way imports may point: features -> realtime, kit; realtime -> kit; kit -> nothing of ours. */
const mayNotSee = (files, ...groups) => ({
  files,
  rules: {
    'no-restricted-imports': ['error', { patterns: groups.map((group) => ({ group: [group], message: 'This import points upwards.' })) }],
  },
});

export default defineConfig(
  globalIgnores(['dist', 'src/generated']),
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  reactHooks.configs.flat.recommended,
  jsxA11y.flatConfigs.strict,
  {
    languageOptions: {
      globals: globals.browser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Dropping a file, resting on a notice: extras on things that are no controls. Whoever clicks or types needs a control.
      'jsx-a11y/no-noninteractive-element-interactions': ['error', { handlers: ['onClick', 'onMouseDown', 'onMouseUp', 'onKeyPress', 'onKeyDown', 'onKeyUp'] }],
      'max-lines': ['error', 300],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  mayNotSee(['src/kit/**'], '**/features/**', '**/realtime/**', '**/shell/**'),
  mayNotSee(['src/realtime/**'], '**/features/**', '**/shell/**'),
  mayNotSee(['src/features/**'], '**/shell/**'),
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
);
