import type { Citation } from "../model/define.ts"

export const kingma2014: Citation = {
  key: "kingma2014",
  authors: "Kingma, Diederik P. and Welling, Max",
  title: "Auto-Encoding Variational Bayes",
  venue: "International Conference on Learning Representations (ICLR)",
  year: 2014,
  url: "https://arxiv.org/abs/1312.6114",
}
export const burda2016: Citation = {
  key: "burda2016",
  authors: "Burda, Yuri and Grosse, Roger and Salakhutdinov, Ruslan",
  title: "Importance Weighted Autoencoders",
  venue: "International Conference on Learning Representations (ICLR)",
  year: 2016,
  url: "https://arxiv.org/abs/1509.00519",
}
export const higgins2017: Citation = {
  key: "higgins2017",
  authors:
    "Higgins, Irina and Matthey, Loic and Pal, Arka and Burgess, Christopher and Glorot, Xavier and Botvinick, Matthew and Mohamed, Shakir and Lerchner, Alexander",
  title: "beta-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework",
  venue: "International Conference on Learning Representations (ICLR)",
  year: 2017,
}
export const hinton2006: Citation = {
  key: "hinton2006",
  authors: "Hinton, Geoffrey E. and Salakhutdinov, Ruslan R.",
  title: "Reducing the Dimensionality of Data with Neural Networks",
  venue: "Science 313(5786), 504-507",
  year: 2006,
}
export const vincent2008: Citation = {
  key: "vincent2008",
  authors: "Vincent, Pascal and Larochelle, Hugo and Bengio, Yoshua and Manzagol, Pierre-Antoine",
  title: "Extracting and Composing Robust Features with Denoising Autoencoders",
  venue: "International Conference on Machine Learning (ICML)",
  year: 2008,
}
export const tipping1999: Citation = {
  key: "tipping1999",
  authors: "Tipping, Michael E. and Bishop, Christopher M.",
  title: "Probabilistic Principal Component Analysis",
  venue: "Journal of the Royal Statistical Society: Series B 61(3), 611-622",
  year: 1999,
}
